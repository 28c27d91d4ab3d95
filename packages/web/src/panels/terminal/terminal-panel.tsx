import { AGENT_TERMINAL, type TerminalInfo } from '@openhands/protocol'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type JSX, useRef, useState } from 'react'
import type { SessionCalls } from '../../api/session-calls.ts'
import { problemOf } from '../../store/problem.ts'
import { useSandbox } from '../../store/use-sandbox.ts'
import { live } from '../../text.ts'
import { NoSandbox } from '../../ui/no-sandbox.tsx'
import { Notice } from '../../ui/notice.tsx'
import type { PanelProps } from '../panel.ts'
import { JobsView } from './jobs-view.tsx'
import { JOBS, TerminalTabs } from './terminal-tabs.tsx'
import { TerminalView } from './terminal-view.tsx'

/** The terminals of a session, the agent's first, and what runs in the background. */
export function TerminalPanel({ session, calls }: PanelProps): JSX.Element {
  const sandbox = useSandbox(session, calls.sandbox)
  if (sandbox.running) return <Terminals session={session} calls={calls} />
  return <NoSandbox lead={live.terminal.asleep} sandbox={sandbox} />
}

/** Asked again so often while somebody looks. */
const EVERY_MS = 4_000

function Terminals({ session, calls }: PanelProps): JSX.Element {
  const { terminals, opening, closing } = useTerminals(session, calls)
  const { current, visited, choose } = useChoice(terminals)
  const jobs = useQuery({
    queryKey: [session, 'jobs'],
    queryFn: ({ signal }) => calls.jobs.list(signal),
    refetchInterval: EVERY_MS,
  })
  const tabs = useRef<HTMLDivElement>(null)
  const leave = (): void => tabs.current?.querySelector<HTMLElement>('[aria-selected=true]')?.focus()
  return (
    <div className="flex h-full flex-col">
      <TerminalTabs
        place={tabs}
        terminals={terminals}
        jobs={jobs.data?.jobs.filter(({ alive }) => alive).length ?? 0}
        chosen={current}
        isOpening={opening.isPending}
        onChoose={choose}
        onOpen={() => opening.mutate(undefined, { onSuccess: info => choose(info.id) })}
        onClose={id => closing.mutate(id, { onSuccess: () => choose(AGENT_TERMINAL) })}
      />
      <Problem words={problemOf(opening.error) ?? problemOf(closing.error)} />
      <div
        role="tabpanel"
        id="terminal"
        aria-labelledby={`terminal-${current}`}
        className="flex min-h-0 flex-1 flex-col"
      >
        {terminals
          .filter(({ id }) => visited.has(id))
          .map(info => (
            <TerminalView
              key={info.id}
              calls={calls.terminals}
              info={info}
              shown={info.id === current}
              onLeave={leave}
            />
          ))}
        {current === JOBS && <JobsView session={session} calls={calls.jobs} list={jobs.data?.jobs ?? []} />}
      </div>
    </div>
  )
}

function Problem({ words }: { words: string | undefined }): JSX.Element | null {
  if (words === undefined) return null
  return (
    <div className="p-2">
      <Notice tone="bad" alert>
        {words}
      </Notice>
    </div>
  )
}

/** Which tab is chosen, and which terminals have been: those stay attached, so that nothing taken over is let go. */
function useChoice(terminals: readonly TerminalInfo[]) {
  const [chosen, setChosen] = useState<string>(AGENT_TERMINAL)
  const [visited, setVisited] = useState<ReadonlySet<string>>(new Set([AGENT_TERMINAL]))
  const choose = (id: string): void => {
    setChosen(id)
    setVisited(before => new Set(before).add(id))
  }
  const isThere = chosen === JOBS || terminals.length === 0 || terminals.some(({ id }) => id === chosen)
  return { current: isThere ? chosen : AGENT_TERMINAL, visited, choose }
}

const none: readonly TerminalInfo[] = []

/** The terminals that there are, and how to open and close one's own. */
function useTerminals(session: string, calls: SessionCalls) {
  const queries = useQueryClient()
  const queryKey = [session, 'terminals']
  const list = useQuery({
    queryKey,
    queryFn: ({ signal }) => calls.terminals.list(signal),
    refetchInterval: EVERY_MS,
  })
  const onSuccess = (): Promise<void> => queries.invalidateQueries({ queryKey })
  const opening = useMutation({ mutationFn: () => calls.terminals.open({}), onSuccess })
  const closing = useMutation({ mutationFn: (id: string) => calls.terminals.close(id), onSuccess })
  return { terminals: list.data?.terminals ?? none, opening, closing }
}
