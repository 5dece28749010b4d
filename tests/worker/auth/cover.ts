/** A sample of a matrix that leaves out no kind of cell. */

interface Cell<R, C> {
	row: R;
	column: C;
	/** What the cell has in common with others, so that one of them can stand for all. */
	kind: string;
}

/** Few cells, among which each row and each column has a cell of every kind that it has in the matrix. */
export function cover<R, C>(cells: readonly Cell<R, C>[]): Cell<R, C>[] {
	return [...Map.groupBy(cells, ({ kind }) => kind).values()].flatMap(coverOneKind);
}

function coverOneKind<R, C>(cells: readonly Cell<R, C>[]): Cell<R, C>[] {
	const chosen = new Set<Cell<R, C>>();
	/** How many chosen cells are in a row or in a column. */
	const uses = new Map<R | C, number>();
	const usesOf = (line: R | C) => uses.get(line) ?? 0;
	/** Of each line, chooses a cell whose other line has the fewest. */
	const chooseOneOfEach = (line: (cell: Cell<R, C>) => R | C, other: (cell: Cell<R, C>) => R | C) => {
		for (const [which, candidates] of Map.groupBy(cells, line)) {
			if (usesOf(which) > 0) continue;
			const best = candidates.reduce((one, next) => (usesOf(other(next)) < usesOf(other(one)) ? next : one));
			chosen.add(best);
			for (const used of [best.row, best.column]) uses.set(used, usesOf(used) + 1);
		}
	};
	chooseOneOfEach(
		({ row }) => row,
		({ column }) => column,
	);
	chooseOneOfEach(
		({ column }) => column,
		({ row }) => row,
	);
	return [...chosen];
}
