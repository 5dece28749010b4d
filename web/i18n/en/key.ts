export const key = {};
