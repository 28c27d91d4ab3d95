import type { ITheme } from '@xterm/xterm'

/** The page has no colour of this name. */
const MAGENTA = 'color-mix(in srgb, var(--bad), var(--info))'

/** Which of the page's colours stands for which of a terminal's sixteen; bright ones are the same. */
const names = {
  background: '--sunken',
  foreground: '--ink',
  cursor: '--accent',
  cursorAccent: '--sunken',
  selectionBackground: '--strong-line',
  selectionForeground: '--paper',
  scrollbarSliderBackground: '--line',
  scrollbarSliderHoverBackground: '--strong-line',
  scrollbarSliderActiveBackground: '--strong-line',
  black: '--line',
  red: '--bad',
  green: '--good',
  yellow: '--warn',
  blue: '--info',
  magenta: MAGENTA,
  cyan: '--accent',
  white: '--muted',
  brightBlack: '--muted',
  brightRed: '--bad',
  brightGreen: '--good',
  brightYellow: '--warn',
  brightBlue: '--info',
  brightMagenta: MAGENTA,
  brightCyan: '--accent',
  brightWhite: '--ink',
} as const satisfies Partial<Record<keyof ITheme, string>>

/** The page's colours as they are now, for a terminal, which wants them as numbers. */
export function themeAt(element: HTMLElement): ITheme {
  const probe = element.ownerDocument.createElement('span')
  element.append(probe)
  const colours = Object.entries(names).map(([name, token]) => {
    probe.style.color = token.startsWith('--') ? `var(${token})` : token
    return [name, inNumbers(getComputedStyle(probe).color)]
  })
  probe.remove()
  return Object.fromEntries(colours)
}

/** A mixed colour is told in parts of one, which a terminal does not understand. */
function inNumbers(colour: string): string {
  const parts = /^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)/.exec(colour)?.slice(1)
  return parts === undefined ? colour : `rgb(${parts.map(part => Math.round(Number(part) * 255)).join(', ')})`
}
