export const rotate = {};
