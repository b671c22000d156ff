import {execFile} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {promisify} from 'node:util';

const openssl = async (cwd: string, ...words: string[]) => promisify(execFile)('openssl', words, {cwd});

export type PrivateCa = {
	/** The PEM file of the authority's own certificate. */
	readonly caFile: string;
	/** A key and a certificate for these host names, signed by the authority. */
	issue(...hosts: string[]): Promise<{readonly key: string; readonly cert: string}>;
	/** Removes its files. */
	[Symbol.asyncDispose](): Promise<void>;
};

/** A certificate authority that nobody but the test knows, made by `openssl` in a temporary folder. */
export const createPrivateCa = async (name = 'Test CA'): Promise<PrivateCa> => {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'ca-'));
	const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
	await openssl(
		folder,
		'req',
		'-x509',
		...newKey,
		'-keyout',
		'ca.key',
		'-out',
		'ca.pem',
		'-days',
		'2',
		'-subj',
		`/CN=${name}`,
	);
	let issued = 0;
	return {
		caFile: path.join(folder, 'ca.pem'),
		async issue(...hosts) {
			const leaf = `leaf${issued++}`;
			await writeFile(
				path.join(folder, `${leaf}.ext`),
				`subjectAltName=${hosts.map(host => `DNS:${host}`).join(',')}\n`,
			);
			await openssl(
				folder,
				'req',
				...newKey,
				'-keyout',
				`${leaf}.key`,
				'-out',
				`${leaf}.csr`,
				'-subj',
				`/CN=${hosts[0]}`,
			);
			const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${leaf}.ext`];
			await openssl(folder, 'x509', '-req', '-in', `${leaf}.csr`, '-out', `${leaf}.pem`, ...signing);
			return {
				key: await readFile(path.join(folder, `${leaf}.key`), 'utf8'),
				cert: await readFile(path.join(folder, `${leaf}.pem`), 'utf8'),
			};
		},
		async [Symbol.asyncDispose]() {
			await rm(folder, {recursive: true});
		},
	};
};
