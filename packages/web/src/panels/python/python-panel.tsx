import { type JSX, useMemo, useState } from 'react'
import type { Row } from '../../store/rows.ts'
import { useConversation, useStore } from '../../store/use-conversation.ts'
import { live } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Wait } from '../../ui/wait.tsx'
import { type CellRow, PythonCell } from './python-cell.tsx'

/** Cells that are drawn at first, and so many more each time somebody asks. */
const AT_ONCE = 40
/** Pixels from its end at which somebody still stands there. */
const NEAR = 80

/** The cells that the agent has run, in order, as far as the page holds the log; older ones are loaded on demand. */
export function PythonPanel(): JSX.Element {
  const ready = useConversation(view => view.ready)
  const rows = useConversation(view => view.rows)
  const hasOlder = useConversation(view => view.hasOlder)
  const cells = useMemo(() => rows.filter(isCell), [rows])
  const [most, setMost] = useState(AT_ONCE)
  const end = useEnd()
  if (!ready) return <Wait />
  const shown = cells.slice(-most)
  return (
    <div className="quiet-scroll flex h-full flex-col gap-3 p-3">
      {cells.length > most ? (
        <Button small className="self-center" onClick={() => setMost(most + AT_ONCE)}>
          {live.python.earlier}
        </Button>
      ) : (
        hasOlder && <Older />
      )}
      {cells.length === 0 && <Empty icon="python">{live.python.empty}</Empty>}
      <ol ref={end} aria-label={live.python.list} className="flex flex-col gap-3">
        {shown.map(cell => (
          <PythonCell key={cell.id} cell={cell} />
        ))}
      </ol>
      <Newest />
    </div>
  )
}

function isCell(row: Row): row is CellRow {
  return row.kind === 'act' && row.action.action === 'run_ipython'
}

function Older(): JSX.Element {
  const store = useStore()
  const [loading, setLoading] = useState(false)
  const load = (): void => {
    setLoading(true)
    const done = (): void => setLoading(false)
    store.loadOlder().then(done, done)
  }
  return (
    <Button small className="self-center" disabled={loading} onClick={load}>
      {live.python.older}
    </Button>
  )
}

function Newest(): JSX.Element | null {
  const store = useStore()
  const detached = useConversation(view => view.detached)
  if (!detached) return null
  const go = (): void => {
    store.showNewest().catch(() => undefined) // the line says when it is down
  }
  return (
    <p className="flex items-center justify-between gap-3 text-xs text-muted">
      {live.python.detached}
      <Button small onClick={go}>
        {live.python.newest}
      </Button>
    </p>
  )
}

/** Stays at its end while somebody stands there, also when pictures come in and make it longer. */
function useEnd(): (element: HTMLElement | null) => (() => void) | undefined {
  const [attach] = useState(() => (list: HTMLElement | null) => {
    const scroller = list?.parentElement
    if (!list || !scroller) return undefined
    let follows = true
    const onScroll = (): void => {
      follows = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR
    }
    const watch = new ResizeObserver(() => {
      if (follows) scroller.scrollTop = scroller.scrollHeight
    })
    watch.observe(list)
    scroller.addEventListener('scroll', onScroll)
    return () => {
      watch.disconnect()
      scroller.removeEventListener('scroll', onScroll)
    }
  })
  return attach
}
