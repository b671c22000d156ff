import path from 'node:path';
import ts from 'typescript';

export type Member = {readonly name: string; readonly text: string};
export type Exported = Member & {
	readonly isValue: boolean;
	readonly members: readonly Member[];
	/** What no TSDoc tells about: the export itself, or members of it. */
	readonly undocumented: readonly string[];
};

const root = path.dirname(path.dirname(import.meta.dirname));

/** Not a library's declarations. */
const sourceFolder = /^(?!.*\/node_modules\/).*\/source\//;

/** Types whose members people write or read; the others are named only. */
const isSpelledOut = (name: string): boolean =>
	/(Props|Options|Settings|Script|Components)$/.test(name) ||
	['Environment', 'ExchangeRequest', 'LoginRun', 'Session', 'Theme', 'UseLogin', 'UseSession'].includes(name);

/** What an entry exports, with what its TSDoc says of it. */
export const exportsOf = (entry: string): readonly Exported[] => {
	const configuration = ts.readConfigFile(path.join(root, 'tsconfig.json'), file => ts.sys.readFile(file));
	const {options} = ts.parseJsonConfigFileContent(configuration.config, ts.sys, root);
	const program = ts.createProgram([path.join(root, 'source', entry)], options);
	const checker = program.getTypeChecker();
	const source = program.getSourceFile(path.join(root, 'source', entry));
	const module = source && checker.getSymbolAtLocation(source);
	if (module === undefined) throw new Error(`${entry} exports nothing.`);

	const textOf = (symbol: ts.Symbol): string => {
		const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
		const given = symbol.getJsDocTags(checker).find(({name}) => name === 'default');
		const [paragraph = ''] = text.split(/\n\s*\n/);
		const standard = given === undefined ? [] : [`Default: ${ts.displayPartsToString(given.text)}`];
		return [paragraph.replaceAll(/\s+/g, ' '), ...standard].filter(Boolean).join(' ');
	};
	const membersOf = (symbol: ts.Symbol): ts.Symbol[] => {
		const type = checker.getDeclaredTypeOfSymbol(symbol);
		const parts = type.isUnion() ? type.types : [type];
		const members = new Map<string, ts.Symbol>();
		for (const member of parts.flatMap(part => part.getProperties())) {
			const known = members.get(member.name);
			// In a union a member means the same wherever it occurs, and is told of once.
			if (isOurs(member)) members.set(member.name, known && textOf(known) !== '' ? known : member);
		}

		return [...members.values()];
	};
	/** Not what every error or string has, and no brand of a string. */
	const isOurs = ({name, declarations = []}: ts.Symbol): boolean =>
		!name.startsWith('__') &&
		!name.startsWith('#') &&
		declarations.some(declaration => sourceFolder.test(declaration.getSourceFile().fileName));
	/** What tells the parts of a union apart tells of itself. */
	const tellsItself = (member: ts.Symbol): boolean =>
		member.name === 'type' || checker.getTypeOfSymbol(member).isLiteral();

	return checker.getExportsOfModule(module).map(exported => {
		const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
		const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
		const text = textOf(symbol);
		// The words of `Messages` speak for themselves.
		const members = exported.name === 'Messages' ? [] : membersOf(symbol);
		const silent = members.filter(member => textOf(member) === '' && !tellsItself(member));
		return {
			name: exported.name,
			text,
			isValue: (symbol.flags & ts.SymbolFlags.Value) !== 0,
			members: isSpelledOut(exported.name) ? members.map(member => ({name: member.name, text: textOf(member)})) : [],
			undocumented: [
				...(text === '' ? [exported.name] : []),
				...silent.map(member => `${exported.name}.${member.name}`),
			],
		};
	});
};

/** What belongs together, by the names of exports; each goes to the first chapter that wants it. */
const chapters: readonly (readonly [title: string, wants: RegExp])[] = [
	['Hooks', /^(use|Use)[A-Z]|^(AccountQuestion|LoginStarter|ClipboardState|CountdownOptions)$/],
	[
		'A login without Ink of your own',
		/^(login|ShowLoginOptions|screen|ScreenLogin|ScreenOptions|ScreenFooter)$|Plain|Ndjson/,
	],
	[
		'Presets',
		/^(auth0|workos|workosConnect|github|google|entra|oidc|oauth|presets|PresetName)$|^(Auth0|Workos|WorkosConnect|Github|Google|Entra|Oidc|OAuth|Preset|AnyPreset)Options$/,
	],
	[
		'Screens',
		/^(Login|LoginProps|LoginComponents|Choice|FrameParts|LookProps|ScreenProps|Theme|defaultTheme|Environment|messages|Messages|QrCode|QrCodeProps|SpinnerProps)$|^(FlowPicker|DeviceCodeScreen|BrowserScreen)/,
	],
	['Stores', /^(create|open)\w*Store$|^(FileStore|KeyringStore|OpenStore)Options$|^(Keyring|storeHome)$/],
	[
		'Terminal',
		/^(Clipboard|ClipboardOutcome|Facts|gatherFacts|LoginTerminal|createLoginTerminal|LoginTerminalOptions|Situation|describeSituation|recommend)$/,
	],
	['Engine', /./],
];

/** A type that has all that others have is told as what it has besides. */
const basesOf = (name: string): readonly string[] => {
	if (/^(FlowPicker|DeviceCodeScreen|BrowserScreen)Props$/.test(name)) return ['ScreenProps'];
	if (/^(ScreenProps|LoginProps)$/.test(name)) return ['LookProps'];
	if (name === 'ScreenOptions') return ['LoginProps', 'LookProps'];
	if (/^(ShowLogin|UseLogin)Options$/.test(name)) return ['LoginOptions'];
	if (name === 'KeyringStoreOptions') return ['FileStoreOptions'];
	if (name === 'AnyPresetOptions')
		return ['Auth0Options', 'WorkosOptions', 'GithubOptions', 'EntraOptions', 'OidcOptions'];
	return /^(Auth0|Workos|WorkosConnect|Github|Google|Entra|Oidc|OAuth)Options$/.test(name) ? ['PresetOptions'] : [];
};

const cell = (text: string): string => text.replaceAll('|', String.raw`\|`).replaceAll(/\{@link (\S+?)\}/g, '`$1`');

const tableOf = ({name, text, members}: Exported, all: readonly Exported[]): string => {
	const bases = basesOf(name);
	const inherited = new Set(
		all.filter(other => bases.includes(other.name)).flatMap(other => other.members.map(member => member.name)),
	);
	const own = members.filter(member => !inherited.has(member.name));
	const from = bases.map(base => `\`${base}\``).join(', ');
	const opening = from === '' ? '' : own.length === 0 ? `As ${from}.` : `What ${from} may have, and:`;
	const rows = own.map(member => `| \`${member.name}\` | ${cell(member.text)} |`);
	const table = rows.length === 0 ? [] : ['| member | |\n|---|---|\n' + rows.join('\n')];
	return [`**\`${name}\`** ${cell(text)}`.trim(), opening, ...table].filter(Boolean).join('\n\n');
};

/** The reference as Markdown, chapter by chapter. */
export const referenceText = (main: readonly Exported[], testing: readonly Exported[]): string => {
	const all = [...main, ...testing];
	const chapterOf = ({name}: Exported) => chapters.find(([, wants]) => wants.test(name))?.[0];
	const write = (title: string, exported: readonly Exported[]): string => {
		const named = exported.filter(({members}) => members.length === 0);
		const list = named.map(({name, text}) => `- \`${name}\`${text === '' ? '' : `: ${cell(text)}`}`).join('\n');
		const tables = exported.filter(({members}) => members.length > 0).map(each => tableOf(each, all));
		return [`### ${title}`, list, ...tables].filter(Boolean).join('\n\n');
	};
	const order = ['Screens', 'Hooks', 'A login without Ink of your own', 'Engine', 'Presets', 'Stores', 'Terminal'];
	return [
		...order.map(title =>
			write(
				title,
				main.filter(exported => chapterOf(exported) === title),
			),
		),
		write('`ink-login/testing`', testing),
	].join('\n\n');
};
