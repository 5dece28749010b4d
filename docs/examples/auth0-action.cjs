/** Action of the post-login flow: puts tenant and roles into the access token. Auth0 asks for a URL as their prefix. */
exports.onExecutePostLogin = async ({ user, authorization }, api) => {
	const setClaim = (name, value) => api.accessToken.setCustomClaim(`https://salesos.example/${name}`, value);
	setClaim("tenant_id", user.app_metadata.tenant_id);
	setClaim("roles", authorization?.roles ?? []);
	setClaim("email", user.email);
	setClaim("email_verified", user.email_verified);
};
