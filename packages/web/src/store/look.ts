import { useSyncExternalStore } from 'react'

/** How somebody likes the page; kept in this browser, and nowhere else. */
export interface Look {
  readonly theme: 'system' | 'light' | 'dark'
  /** Pixels. */
  readonly panelWidth: number
  readonly panel: string
  readonly panelOpen: boolean
  readonly sidebarOpen: boolean
  /** Whether the browser may say that a session waits or has ended. */
  readonly notices: boolean
  /** Whether single letters are commands; who speaks to the page, or slips, may not want that (WCAG 2.1.4). */
  readonly letters: boolean
}

const KEY = 'openhands.look'
const usual: Look = {
  theme: 'system',
  panelWidth: usualWidth(),
  panel: 'overview',
  panelOpen: true,
  sidebarOpen: true,
  notices: false,
  letters: true,
}
/** Pixels for a workspace that nobody has moved: a part of a wide window, enough of a narrow one. */
function usualWidth(): number {
  const window = typeof innerWidth === 'undefined' ? 0 : innerWidth
  return Math.min(960, Math.max(480, Math.round(window * 0.36)))
}

let look = typeof localStorage === 'undefined' ? usual : load()
const listeners = new Set<() => void>()

function load(): Look {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return readLook(kept)
  } catch {
    return usual // nothing kept, or nothing that can be read: it looks as it does at first
  }
}

/** What was kept, as far as it is what it should be. */
export function readLook(kept: unknown): Look {
  const fields: Record<string, unknown> = typeof kept === 'object' && kept !== null ? { ...kept } : {}
  const flag = (name: 'panelOpen' | 'sidebarOpen' | 'notices' | 'letters'): boolean => {
    const value = fields[name]
    return typeof value === 'boolean' ? value : usual[name]
  }
  const { theme, panelWidth, panel } = fields
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    panelWidth:
      typeof panelWidth === 'number' && panelWidth >= 280 && panelWidth <= 4000 ? panelWidth : usual.panelWidth,
    panel: typeof panel === 'string' ? panel : usual.panel,
    panelOpen: flag('panelOpen'),
    sidebarOpen: flag('sidebarOpen'),
    notices: flag('notices'),
    letters: flag('letters'),
  }
}

/** Changes how the page looks, and remembers it. */
export function changeLook(change: Partial<Look>): void {
  look = { ...look, ...change }
  try {
    localStorage.setItem(KEY, JSON.stringify(look))
  } catch {
    // a browser that keeps nothing: it lasts until the reload
  }
  apply()
  for (const listener of listeners) listener()
}

/** How the page looks now, for what is not drawn. */
export function currentLook(): Look {
  return look
}

/** How the page looks now. */
export function useLook(): Look {
  return useSyncExternalStore(subscribe, () => look)
}

/** Puts the theme on the document. */
export function apply(): void {
  if (look.theme === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = look.theme
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
