/** The module that is counted, as far as the entries beside it know it. */
export class KeyGate {
	constructor(ctx: DurableObjectState, env: unknown);
	alarm(): Promise<void>;
}
declare const handler: {
	fetch(request: Request, env: unknown, ctx: ExecutionContext): Response | Promise<Response>;
};
export default handler;
