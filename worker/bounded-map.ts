/** A bound for maps that attackers could fill: the oldest entry is removed. */

/** Puts the entry at the end of the map, also if it was in it before. Removes the first entry if there are more than `max`. */
export function putLast<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
	map.delete(key);
	map.set(key, value);
	if (map.size <= max) return;
	for (const first of map.keys()) {
		map.delete(first);
		return;
	}
}
