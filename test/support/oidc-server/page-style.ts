/** The one style sheet of all pages. */
export const pageStyle = `
:root {
	color-scheme: light dark;
	--ground: #f3f4f7; --card: #fff; --ink: #16181d; --soft: #5b6270; --line: #dfe2e8;
	--accent: #3d4ee0; --on-accent: #fff; --field: #fff; --alarm: #b3261e; --good: #1a7f4b;
}
@media (prefers-color-scheme: dark) {
	:root {
		--ground: #0e1014; --card: #181b21; --ink: #eceef3; --soft: #a0a7b5; --line: #2e333d;
		--accent: #8d9bff; --on-accent: #10131f; --field: #101217; --alarm: #ff9a8f; --good: #5fd394;
	}
}
* { box-sizing: border-box; }
body {
	margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: 16px;
	background: var(--ground); color: var(--ink);
	font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
}
main {
	width: 100%; max-width: 440px; padding: 32px; background: var(--card);
	border: 1px solid var(--line); border-radius: 16px;
}
header { display: flex; align-items: center; gap: 10px; font-weight: 600; }
header span { font-weight: 400; color: var(--soft); }
svg { width: 32px; height: 32px; fill: var(--accent); }
svg path { fill: none; stroke: var(--on-accent); stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }
svg.seal { display: block; width: 48px; height: 48px; margin-top: 28px; fill: var(--soft); }
.seal path { stroke: var(--card); }
[data-outcome='approved'] .seal { fill: var(--good); }
[data-outcome='failed'] .seal { fill: var(--alarm); }
h1 { margin: 28px 0 4px; font-size: 26px; line-height: 1.2; letter-spacing: -0.01em; text-wrap: balance; }
.seal + h1 { margin-top: 16px; }
p { margin: 0 0 20px; overflow-wrap: anywhere; }
p:last-child { margin-bottom: 0; }
.hint { color: var(--soft); font-size: 14px; }
.problem { padding-left: 12px; border-left: 3px solid var(--alarm); color: var(--alarm); }
label { display: block; margin-bottom: 6px; font-size: 14px; font-weight: 600; }
input {
	width: 100%; min-height: 48px; margin-bottom: 8px; padding: 0 14px; font: inherit; color: inherit;
	background: var(--field); border: 1px solid var(--soft); border-radius: 10px;
}
.code { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
input.code { font-size: 22px; letter-spacing: 0.12em; text-transform: uppercase; }
p.code {
	padding: 14px; border-radius: 10px; background: var(--ground); text-align: center;
	font-size: 32px; font-weight: 600; line-height: 1.2; letter-spacing: 0.08em; white-space: nowrap;
}
dl { margin: 0 0 20px; border-top: 1px solid var(--line); font-size: 15px; }
dl div { display: flex; gap: 16px; padding: 9px 0; border-bottom: 1px solid var(--line); }
dt { flex: 0 0 84px; color: var(--soft); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.buttons { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 12px; }
button {
	min-height: 48px; padding: 0 12px; font: inherit; font-weight: 600; cursor: pointer;
	border: 1px solid var(--accent); border-radius: 10px;
}
.approve { background: var(--accent); color: var(--on-accent); }
.deny { background: transparent; color: var(--ink); border-color: var(--soft); }
button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (max-width: 480px) {
	body { place-items: start stretch; padding: 0; background: var(--card); }
	main { padding: 24px 20px; border: 0; border-radius: 0; }
}
`;
