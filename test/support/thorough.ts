import process from 'node:process';

/** `npm run chaos` repeats by the hundred what `npm test` does a handful of times. */
export const isThorough = process.env['THOROUGH'] === '1';
