import path from 'node:path';
import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import reactHooks from 'eslint-plugin-react-hooks';
import typescript from 'typescript-eslint';

const root = path.dirname(import.meta.dirname);

/** The folders and files of source/, from the ground up: each imports only from those before it (source/README.md). */
const layers = [
	'core',
	'oauth',
	'session',
	'login',
	'terminal',
	'text',
	'login.ts',
	'sign-in.ts',
	'token-engine.ts',
	'doctor',
	'mcp',
	'layout',
	'hooks',
	'components',
	'testing',
	'demo',
	'cli',
	'examples',
];

/** Nothing before the hooks knows React; nothing of the protocol or of a login knows the process that it runs in. */
const withoutReact = layers.slice(0, layers.indexOf('hooks'));
const withoutProcess = ['core', 'oauth', 'login'];

const importsOf = (layer, index) => {
	const later = layers.slice(index + 1);
	const folders = later.filter(name => !name.endsWith('.ts'));
	const modules = later.filter(name => name.endsWith('.ts')).map(name => name.replace('.ts', '\\.js'));
	const patterns = [
		...(folders.length > 0 ? [`^(\\.\\./)+(${folders.join('|')})/`, `^\\./(${folders.join('|')})/`] : []),
		// From a folder of its own a module may be called as one of these are.
		...(modules.length > 0 && layer !== 'login' ? [`^\\.\\./(${modules.join('|')})$`] : []),
		...(withoutReact.includes(layer) ? ['^(react|ink)'] : []),
		...(withoutProcess.includes(layer) ? ['^(node:)?process$'] : []),
	];
	return {
		files: [layer.endsWith('.ts') ? `source/${layer}` : `source/${layer}/**`],
		rules: {
			'no-restricted-imports': ['error', {patterns: patterns.map(regex => ({regex}))}],
			...(withoutProcess.includes(layer) && {'no-restricted-globals': ['error', 'process', 'Buffer']}),
		},
	};
};

export default typescript.config(
	{ignores: ['build/**', 'node_modules/**']},
	js.configs.recommended,
	typescript.configs.strictTypeChecked,
	typescript.configs.stylisticTypeChecked,
	{
		basePath: root,
		languageOptions: {
			parserOptions: {
				projectService: {allowDefaultProject: ['.config/*.js']},
				tsconfigRootDir: root,
			},
		},
		rules: {
			'@typescript-eslint/consistent-type-definitions': 'off',
			'@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true}],
			'@typescript-eslint/no-unused-vars': ['error', {argsIgnorePattern: '^_', varsIgnorePattern: '^_'}],
			'@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
			'@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
			'@typescript-eslint/consistent-type-imports': 'error',
			'@typescript-eslint/require-await': 'off',
			eqeqeq: 'error',
		},
	},
	{
		files: ['source/**'],
		ignores: ['source/examples/**'],
		rules: {'no-console': 'error'},
	},
	...layers.map(importsOf),
	{files: ['source/{hooks,components}/**'], ...reactHooks.configs.flat.recommended},
	{
		files: ['test/**', 'source/examples/*.test.tsx'],
		rules: {
			// node:test's `test` returns a promise that the runner awaits.
			'@typescript-eslint/no-floating-promises': 'off',
			'@typescript-eslint/no-non-null-assertion': 'off',
		},
	},
	{files: ['**/*.js'], ...typescript.configs.disableTypeChecked},
	prettier,
);
