/**
 * How much the long tests do. An ordinary run is small and makes the same choices every time; `npm run test:proofs`
 * sets the full size and its own seed through these variables, and so can you to repeat a failure.
 */
const numberFrom = (name: string, ordinary: number): number => Number(process.env[name] ?? ordinary);

/** Any number does. It is fixed so that an ordinary run fails because of a change, never by chance. */
const ORDINARY_SEED = 20_261_125;

export const SIZES = {
	/** Histories: random clients whose calls a model has to explain. */
	history: {
		seed: numberFrom("HISTORY_SEED", ORDINARY_SEED),
		/** Calls inside workerd. */
		operations: numberFrom("HISTORY_OPERATIONS", 10_000),
		/** `kill -9` of a running service. */
		kills: numberFrom("HISTORY_KILLS", 8),
		/** Calls of each history over two releases. */
		callsOverReleases: numberFrom("HISTORY_RELEASE_CALLS", 500),
	},
	/** Hostile requests, over all operations of both interfaces. */
	fuzz: {
		seed: numberFrom("FUZZ_SEED", ORDINARY_SEED),
		requests: numberFrom("FUZZ_REQUESTS", 2_000),
	},
	/** Credentials and operations: all pairs of them, or a sample that covers each. */
	matrix: { everyPair: numberFrom("MATRIX_EVERY_PAIR", 0) === 1 },
	/** The rows of the largest tenant, where the rows that operations read are counted. A list of leads counts 10,000 of them. */
	database: { keys: numberFrom("DATABASE_KEYS", 20_000), leads: numberFrom("DATABASE_LEADS", 30_000) },
	/** Keys of another system that are imported and presented under load. */
	importedKeys: numberFrom("IMPORTED_KEYS", 300),
	/** Keys of a service that is backed up, lost and restored. */
	backup: { keys: numberFrom("BACKUP_KEYS", 400) },
};
