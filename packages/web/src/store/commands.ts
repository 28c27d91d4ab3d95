import { useEffect, useRef, useSyncExternalStore } from 'react'
import { currentLook } from './look.ts'

/** Something that can be done where the page stands now; the palette and the sheet of keys list it. */
export interface Command {
  readonly id: string
  readonly name: string
  /** As it is shown and pressed: `Mod+K`, `Shift+Enter`, `?`; Mod is Command on a Mac and Control elsewhere. */
  readonly keys?: string
  readonly run: () => void
  /** Asked when the keys are pressed; where it says no, they are left to the browser. */
  readonly when?: () => boolean
}

const sets = new Map<symbol, readonly Command[]>()
let all: readonly Command[] = []
const listeners = new Set<() => void>()

function tell(): void {
  all = [...sets.values()].flat()
  for (const listener of listeners) listener()
}

/** Offers commands as long as the component stands. */
export function useCommands(commands: readonly Command[]): void {
  const latest = useRef(commands)
  latest.current = commands
  // What is listed changes with the names; what is done is looked up when it is done.
  const names = commands.map(each => `${each.id}\n${each.name}\n${each.keys ?? ''}`).join('\n\n')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the names stand for the commands
  useEffect(() => {
    const key = Symbol('commands')
    const run = (id: string) => (): void => latest.current.find(each => each.id === id)?.run()
    sets.set(
      key,
      latest.current.map(each => ({ ...each, run: run(each.id) })),
    )
    tell()
    return () => {
      sets.delete(key)
      tell()
    }
  }, [names])
}

/** Everything that can be done now. */
export function useAllCommands(): readonly Command[] {
  return useSyncExternalStore(
    listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => all,
  )
}

const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.userAgent)

/** Keys as this machine's keyboard names them. */
export function keyNames(keys: string): readonly string[] {
  return keys.split('+').map(key => (key === 'Mod' ? (isMac ? '⌘' : 'Ctrl') : key))
}

/** Runs the command whose keys were pressed; returns the undo. Single letters do nothing while somebody types. */
export function listenToKeys(): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return
    const isTyping =
      event.target instanceof Element &&
      event.target.closest('input, textarea, select, [contenteditable], .xterm') !== null
    const isOpen = document.querySelector('dialog[open]') !== null
    const command = all.findLast(each => each.keys !== undefined && fitsKeys(each.keys, event, isMac))
    if (!command?.keys) return
    const withoutLetters = isTyping || isOpen || !currentLook().letters
    if (withoutLetters && !command.keys.startsWith('Mod+')) return
    if (command.when?.() === false) return
    event.preventDefault()
    command.run()
  }
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}

/** Whether these are the keys that were pressed. */
export function fitsKeys(
  keys: string,
  event: Pick<KeyboardEvent, 'key' | 'metaKey' | 'ctrlKey' | 'altKey' | 'shiftKey'>,
  onMac: boolean,
): boolean {
  const parts = keys.split('+')
  const key = parts.at(-1)?.toLowerCase() ?? ''
  const wantsMod = parts.includes('Mod')
  const mod = onMac ? event.metaKey : event.ctrlKey
  if (wantsMod !== mod || event.altKey !== parts.includes('Alt')) return false
  // A sign such as `?` needs Shift on some keyboards and not on others.
  if (key.length > 1 || /[a-z0-9]/.test(key)) if (event.shiftKey !== parts.includes('Shift')) return false
  return event.key.toLowerCase() === key
}
