/** The screen that signs a request in the browser. */
export const sandbox = {
	title: "Sandbox for signed requests",
	purpose:
		"Paste a signed key and its secret. Your browser signs a request and sends it to this service. Use it to compare your own code step by step. The secret stays in this tab's memory and is never sent.",
	key: "API key",
	/** `copy` is the button of the dialog that shows a new key. */
	pasteHint: (copy: string) => `You can paste the text of “${copy}” here: it fills in both values.`,
	keyFault: "Paste the whole API key. It starts with sk_live_ or sk_test_.",
	secret: "API key secret",
	secretHint: "Gone when you leave this screen.",
	secretFault: "Paste the whole secret. It starts with sks_live_ or sks_test_.",
	call: "Request",
	path: "Path and query",
	pathHint: "Signed exactly as it is sent.",
	pathFault: "Enter a path of this service, such as /v1/leads?status=new, and replace {id} with the id of a lead.",
	body: "Body",
	bodyHint: "Its SHA-256 is signed. Every space and line break counts.",
	mistake: "Sign it",
	mistakeHint: "Make a mistake on purpose to see how the service refuses it.",
	mistakes: {
		none: "Correctly",
		body: "With a mistake: as if the body were empty",
		path: "With a mistake: with another path than the one sent",
		time: "With a mistake: two minutes ago",
	},
	live: "This is a live key: the request changes the real data of your company.",
	send: "Sign and send",
	sending: "Sending…",
	result: "Result",
	nothingSent: "Nothing was sent yet.",
	signed: "What was signed",
	signedHint:
		"One HMAC-SHA-256 per line. The first uses the secret as its key, each following one the result before it.",
	parts: {
		key: "API key",
		timestamp: "Timestamp",
		method: "Method",
		path: "Path",
		bodyHash: "SHA-256 of the body",
	},
	headers: "Headers sent",
	response: "Response",
	meanings: {
		admitted: {
			title: "Admitted",
			advice: "Key, secret and signature are right. The request counts like any other.",
		},
		body: {
			title: "Refused: the body was changed after signing",
			advice:
				"Serialise the body once, hash those bytes, and send exactly them. Do not let your HTTP library write the body again.",
		},
		path: {
			title: "Refused: another path was signed",
			advice:
				"Sign the path exactly as it is in the request line: from its first slash, without the host, with the query.",
		},
		time: {
			title: "Refused: the timestamp is outdated",
			advice:
				"Set the clock of your machine by NTP, and sign just before you send. A timestamp may be up to 30 seconds off.",
		},
		method: {
			title: "Refused: another method was signed",
			advice: "Sign the method that is sent, in upper case.",
		},
		mismatch: {
			title: "Refused: the signature does not match",
			advice:
				"Check that key and secret belong together and that both are complete. If they are right, hash the bytes that are sent.",
		},
		replay: {
			title: "Refused: the request was already received",
			advice: "Wait a second and send it again: it is signed anew.",
		},
		uncertain: {
			title: "Refused: the service cannot tell whether it received the request before",
			advice: "This attempt was not processed. Send it again after the time in Retry-After: it is signed anew.",
		},
		refused: {
			title: "Refused",
			advice: "The response says why, and what to do.",
		},
		failed: {
			title: "Not done",
			advice: "The signature was accepted or not needed. The response says what is wrong with the request.",
		},
		unanswered: {
			title: "There was no response",
			advice: "Check your connection and send the request again: it is signed anew.",
		},
	},
};
