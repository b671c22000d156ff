import path from 'node:path';
import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import reactHooks from 'eslint-plugin-react-hooks';
import typescript from 'typescript-eslint';

const root = path.dirname(import.meta.dirname);

/** Each layer imports only from those below it, and never what is named here. */
const forbid = (...patterns) => ({
	'no-restricted-imports': ['error', {patterns: patterns.map(regex => ({regex}))}],
});

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
		rules: {'no-console': 'error'},
	},
	{
		files: ['source/engine/**'],
		rules: {
			...forbid('^(react|ink)', '/(store|terminal|sinks|hooks|components|commands|demo|testing)/', '^(node:)?process$'),
			'no-restricted-globals': ['error', 'process', 'Buffer'],
		},
	},
	{
		files: ['source/store/**'],
		rules: forbid('^(react|ink)', '/(terminal|sinks|hooks|components|commands|demo|testing)/'),
	},
	{
		files: ['source/terminal/**'],
		rules: forbid('^(react|ink)', '/(store|sinks|hooks|components|commands|demo|testing)/'),
	},
	{files: ['source/sinks/**'], rules: forbid('^(react|ink)', '/(hooks|components|commands|demo|testing)/')},
	{files: ['source/hooks/**'], rules: forbid('/(components|commands|demo|testing)/')},
	{files: ['source/components/**'], rules: forbid('/(commands|demo|testing|store)/')},
	{files: ['source/{hooks,components}/**'], ...reactHooks.configs.flat.recommended},
	{
		files: ['test/**'],
		rules: {
			// node:test's `test` returns a promise that the runner awaits.
			'@typescript-eslint/no-floating-promises': 'off',
			'@typescript-eslint/no-non-null-assertion': 'off',
		},
	},
	{files: ['**/*.js'], ...typescript.configs.disableTypeChecked},
	prettier,
);
