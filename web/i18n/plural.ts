/** Both languages know one and many; zero is many in either. */
export const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);
