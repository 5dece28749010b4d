/** The types of the built Worker that the entries beside it import as `./index.js`. */
export class KeyGate {
	constructor(ctx: DurableObjectState, env: unknown);
	alarm(): Promise<void>;
}
export class PasswordHasher {}
declare const handler: {
	fetch(request: Request, env: unknown, ctx: ExecutionContext): Response | Promise<Response>;
};
export default handler;
