import type { FileChange } from '@openhands/protocol'
import { useEffect, useRef } from 'react'
import type { FileCalls } from '../api/files.ts'
import type { ConversationStore } from './conversation-store.ts'
import { Gathered } from './gathered.ts'
import { useStore } from './use-conversation.ts'

/** Paths below which something changed; `all` where anything may have. */
export type Touched = Pick<FileChange, 'paths' | 'all'>

const anything: Touched = { paths: [], all: true }
/** A build changes files all the time: it is told of so often, in milliseconds, at most. */
const PACE_MS = 700

/**
 * Tells of changes in the workspace as long as the component stands and the page is in view: by the server's stream while
 * the sandbox runs, by what the log shows otherwise. Changes that come
 * before the promise has settled are told together. `running` is what the panel knows: somebody may have started it.
 */
export function useFileWatch(
  calls: Pick<FileCalls, 'follow'>,
  running: boolean | undefined,
  onChange: (touched: Touched) => Promise<unknown>,
): void {
  const store = useStore()
  const latest = useRef(onChange)
  latest.current = onChange
  // biome-ignore lint/correctness/useExhaustiveDependencies: a sandbox that was just started is followed
  useEffect(() => {
    const ending = new AbortController()
    const gathered = new Gathered(PACE_MS, touched => latest.current(touched))
    watch(calls, store, gathered, ending.signal).catch(() => undefined) // it ends with the component alone
    return () => {
      ending.abort()
      gathered.end()
    }
  }, [calls, store, running])
}

async function watch(
  calls: Pick<FileCalls, 'follow'>,
  store: ConversationStore,
  gathered: Gathered,
  ending: AbortSignal,
): Promise<void> {
  for (let first = true; !ending.aborted; first = false) {
    await until(() => document.visibilityState === 'visible', onVisibility, ending)
    if (ending.aborted) return
    const mark = markOf(store)
    // Whatever has changed while nobody followed has changed unseen.
    if (!first) gathered.add(anything)
    const isHidden = await followWhileVisible(calls, gathered, ending)
    // No sandbox, or no line to the server: the next event of the log, or a new line, says that there may be one.
    if (!isHidden)
      await until(
        () => markOf(store) !== mark,
        listener => store.subscribe(listener),
        ending,
      )
  }
}

function markOf({ view }: ConversationStore): string {
  return `${view.state.next} ${view.link.kind}`
}

/** A hidden page holds no connection: browsers have few of them for all their tabs. Resolves to whether that was the end. */
async function followWhileVisible(
  calls: Pick<FileCalls, 'follow'>,
  gathered: Gathered,
  ending: AbortSignal,
): Promise<boolean> {
  const hidden = new AbortController()
  const undo = onVisibility(() => {
    if (document.visibilityState === 'hidden') hidden.abort()
  })
  try {
    const tell = (change: FileChange): void => gathered.add(change.running ? change : anything)
    await calls.follow(tell, AbortSignal.any([ending, hidden.signal]))
  } catch {
    // The conversation says when the line is down; it is followed again with the next event.
  } finally {
    undo()
  }
  return hidden.signal.aborted
}

function onVisibility(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener)
  return () => document.removeEventListener('visibilitychange', listener)
}

/** Resolves when something holds, looking whenever it is told to, or at the end. */
function until(holds: () => boolean, listen: (look: () => void) => () => void, ending: AbortSignal): Promise<void> {
  if (holds() || ending.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const look = (): void => {
      if (!holds() && !ending.aborted) return
      undo()
      ending.removeEventListener('abort', look)
      resolve()
    }
    const undo = listen(look)
    ending.addEventListener('abort', look)
  })
}
