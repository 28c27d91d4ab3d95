import type { TerminalInfo } from '@openhands/protocol'
import { type RefObject, useEffect, useRef, useState } from 'react'
import type { TerminalCalls } from '../../api/terminals.ts'
import { useLook } from '../../store/look.ts'
import { AttachedTerminal, type TerminalState, unattached } from './attached-terminal.ts'

/** A terminal as a component shows it. */
export interface TerminalView extends TerminalState {
  /** For the element that it is drawn into. */
  readonly place: RefObject<HTMLDivElement | null>
  /** Undefined before the element stands. */
  readonly attached: RefObject<AttachedTerminal | undefined>
}

/** Draws a terminal, and follows it as long as the component stands; `onLeave` is for who wants out by the keyboard. */
export function useTerminal(calls: TerminalCalls, info: TerminalInfo, onLeave: () => void): TerminalView {
  const place = useRef<HTMLDivElement>(null)
  const attached = useRef<AttachedTerminal>(undefined)
  const latest = useRef({ info, onLeave })
  latest.current = { info, onLeave }
  const [state, setState] = useState(unattached)
  const { id } = info
  useEffect(() => {
    const host = place.current
    if (!host || latest.current.info.id !== id) return undefined
    const terminal = new AttachedTerminal({
      host,
      calls,
      info: latest.current.info,
      onChange: setState,
      onLeave: () => latest.current.onLeave(),
    })
    attached.current = terminal
    return () => {
      attached.current = undefined
      terminal.dispose()
    }
  }, [calls, id])
  useColours(attached)
  return { place, attached, ...state }
}

/** Keeps the terminal in the page's colours. */
function useColours(attached: RefObject<AttachedTerminal | undefined>): void {
  const { theme } = useLook()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is what changes the colours
  useEffect(() => {
    const recolour = (): void => attached.current?.screen.recolour()
    recolour()
    const list = matchMedia('(prefers-color-scheme: dark)')
    list.addEventListener('change', recolour)
    return () => list.removeEventListener('change', recolour)
  }, [attached, theme])
}
