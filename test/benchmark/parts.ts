import type {Figure} from './figure.js';

export type Bench = {
	/** The Node.js that is measured. */
	readonly node: string;
	/** The folder of the built package. */
	readonly build: string;
	readonly runs: number;
	/** Seconds that the waiting screen is watched. */
	readonly watch: number;
	/** A folder that is empty at the start and removed at the end. */
	readonly folder: string;
};

export type Part = (bench: Bench) => Promise<readonly Figure[]>;
