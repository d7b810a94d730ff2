/** The style sheet of the report. */

import { colourRules } from './palette.js';
import { FONT } from './picture.js';

export const STYLE = `
${colourRules(':root')}
* { box-sizing: border-box }
body { margin: 0; background: var(--background); color: var(--text); font: 16px/1.55 ${FONT} }
header, main { max-width: 1040px; margin: 0 auto; padding: 0 24px }
header { padding-top: 40px }
h1 { font-size: 30px; letter-spacing: -0.02em; margin: 0 }
header p { color: var(--muted); margin: 4px 0 16px }
nav { display: flex; flex-wrap: wrap; gap: 6px 18px; padding-bottom: 14px; border-bottom: 1px solid var(--grid) }
nav a { color: var(--selectloop); text-decoration: none }
nav a:hover { text-decoration: underline }
h2 { font-size: 22px; letter-spacing: -0.01em; margin: 44px 0 6px }
h3 { font-size: 16px; margin: 28px 0 8px }
.reading { color: var(--muted); max-width: 76ch }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 12px; margin: 24px 0 }
.tiles div { background: var(--panel); border: 1px solid var(--grid); border-radius: 10px; padding: 12px 16px }
.tiles b { display: block; font-size: 26px; letter-spacing: -0.02em; color: var(--selectloop) }
.tiles span { display: block; color: var(--muted); font-size: 13px; line-height: 1.35 }
figure { margin: 20px 0; padding: 16px 16px 10px; background: var(--panel); border: 1px solid var(--grid); border-radius: 10px }
figure svg { display: block; margin: 0 auto }
figcaption { color: var(--muted); font-size: 14px; padding-top: 8px }
.scroll { overflow-x: auto }
details { margin: 14px 0; border-top: 1px solid var(--grid); padding-top: 10px }
summary { cursor: pointer; font-weight: 600 }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; margin: 10px 0; width: 100% }
th { text-align: left; font-weight: 500; white-space: nowrap }
td, thead th { text-align: right; padding: 4px 8px; vertical-align: top }
thead th { color: var(--muted); border-bottom: 1px solid var(--grid); vertical-align: bottom }
tbody th { padding: 4px 10px 4px 0 }
tbody tr + tr > * { border-top: 1px solid var(--grid) }
td small, th small { display: block; color: var(--muted); font-size: 11.5px; white-space: nowrap }
th i { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 8px }
td.ratio { font-weight: 600 }
td.none { color: var(--muted) }
table.machine { width: auto }
table.machine td { text-align: left; overflow-wrap: anywhere }
table.machine th { color: var(--muted); vertical-align: top }
.failed { color: var(--Bun); font-size: 14px }
main { padding-bottom: 64px }
`;
