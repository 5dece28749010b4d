/** Maps that attackers could fill are bounded: whoever was put in longest ago gives way. */

/** Puts the entry at the end of the map, also if it was in it before; past `max` entries the first one goes. */
export function putLast<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
	map.delete(key);
	map.set(key, value);
	if (map.size <= max) return;
	for (const first of map.keys()) {
		map.delete(first);
		return;
	}
}
