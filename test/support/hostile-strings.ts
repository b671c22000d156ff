const escape = '\u001B';
const oscEnd = '\u0007';

/** What does something to a terminal: each is put before, inside and behind honest text. */
const sequences: readonly string[] = [
	// CSI, in seven and in eight bits: colours, cursor, erase, scroll region, modes, reports.
	...[
		'31m',
		'0;5;41m',
		'2J',
		'1;1H',
		'999A',
		'K',
		'1K',
		'3J',
		'5;10r',
		'?1049h',
		'?25l',
		'?1000h',
		'?2004h',
		'6n',
		'c',
		'5n',
		'20t',
		'21t',
		'4i',
		'!p',
		'"q',
		'38;2;1;2;3m',
		'1000000000C',
		'100L',
		'99M',
		'?1h',
		'>c',
		'200~',
		'201~',
	].flatMap(rest => [`${escape}[${rest}`, `\u009B${rest}`]),
	// OSC: title, clipboard, links, colours, notifications, working folder, iTerm's files; ended in all three flows and not at all.
	...[
		'0;owned',
		'2;owned',
		'52;c;cm0gLXJmIH4=',
		'8;;https://evil.example.test',
		'8;;',
		'4;0;rgb:f/f/f',
		'11;?',
		'9;pay now',
		'777;notify;a;b',
		'7;file:///etc',
		'1337;File=inline=1:AAAA',
		'133;A',
		'50;font',
	].flatMap(rest => [
		`${escape}]${rest}${oscEnd}`,
		`${escape}]${rest}${escape}\\`,
		`\u009D${rest}\u009C`,
		`${escape}]${rest}`,
	]),
	// DCS, SOS, PM, APC.
	...['P', 'X', '^', '_'].flatMap(kind => [`${escape}${kind}1$r0m${escape}\\`, `${escape}${kind}never ended`]),
	'\u0090q#0~\u009C',
	'\u0098never ended',
	`${escape}Ptmux;${escape}${escape}]0;owned${oscEnd}${escape}\\`,
	// Two characters, and broken ones.
	...['c', 'D', 'E', 'M', 'H', '7', '8', '=', '>', 'Z', '#8', '(0', ')B', '*A', ' F', '%G', 'N', 'O', '~'].map(
		rest => escape + rest,
	),
	escape,
	escape + escape,
	`${escape}[`,
	`${escape}]`,
	`${escape}[${'9'.repeat(500)}`,
	`${escape}${'['.repeat(100)}m`,
	`${escape}[3${escape}[1m1m`,
	`${escape}[31\u0000m`,
];

/** Every C0 and C1 control, DEL, and the line ends of Unicode. */
const controls = [...Array(32).keys(), 127, ...Array.from({length: 32}, (_, index) => 128 + index), 0x2028, 0x2029].map(
	code => String.fromCodePoint(code),
);

/** Whatever turns, hides, joins or piles up what is around it. */
const invisible = [
	0x00ad, 0x034f, 0x061c, 0x115f, 0x1160, 0x17b4, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x202a, 0x202b,
	0x202c, 0x202d, 0x202e, 0x2060, 0x2061, 0x2064, 0x2066, 0x2067, 0x2068, 0x2069, 0x206a, 0x206f, 0x3164, 0xfe00,
	0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xfffb, 0xe0001, 0xe0041, 0xe007f, 0xe0100,
].map(code => String.fromCodePoint(code));

const shapes = [
	'Z' + '\u0335\u0321\u0322\u0489'.repeat(80),
	'e' + '\u0301'.repeat(3),
	'\u202Emoc.elpmaxe.live//:sptth',
	'\u0645\u0631\u062D\u0628\u0627 abc \u05E9\u05DC\u05D5\u05DD',
	'\uFDFD'.repeat(20),
	'\u{12031}'.repeat(40),
	'\u4E2D\u6587'.repeat(120),
	'\uFF37\uFF24\uFF2A\uFF22',
	'👩‍👩‍👧‍👦'.repeat(60),
	'🏳️‍🌈🇩🇪',
	'\uD800',
	'a\uDC00b',
	'\uDBFF\uDBFF',
	'x'.repeat(5000),
	' '.repeat(3000) + 'x',
	'',
	' ',
	'\t\t\t',
	'a\r\nSigned in as root',
	'a\n\n\n\nb',
	'a\rOpen  https://evil.example.test/',
	'a\b\b\b\bevil',
	'$(calc)',
	'`id`',
	'";calc;"',
	'%PATH%',
	'& calc',
	'-flag',
	'--no-open',
	'<script>alert(1)</script>',
	'" onload="x',
	'&#27;[2J',
	'\\u001b[2J',
	'%1B%5B2J',
	'__proto__',
	'constructor',
	'toString',
	'../../../etc/passwd',
	'CON',
	'null',
	'NaN',
	'\u0000hidden',
	'{"type":"signed-in"}',
	'</title>',
	'\u2588\u2580\u2584 \u2588',
	'xn--80ak6aa92e.com',
	'\u0430pple.com',
];

/** A character that no test's own text has, behind each: what follows a sequence must not be swallowed without end. */
const around = (text: string): readonly string[] => [text, `WDJB${text}MJHT`];

/** More than three hundred texts that no honest server sends. */
export const hostileStrings: readonly string[] = [
	...sequences.flatMap(around),
	...controls.flatMap(around),
	...invisible.flatMap(around),
	...shapes,
];

/** Anything that a terminal acts on, or that shows as something else or as nothing: none of it may come out anywhere. */
export const unsafeText = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
