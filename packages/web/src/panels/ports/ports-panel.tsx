import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type JSX, useEffect, useState } from 'react'
import type { Preview } from '../../api/previews.ts'
import { problemOf } from '../../store/problem.ts'
import { useConversation } from '../../store/use-conversation.ts'
import { useSandbox } from '../../store/use-sandbox.ts'
import { live } from '../../text.ts'
import { Empty } from '../../ui/empty.tsx'
import { NoSandbox } from '../../ui/no-sandbox.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Wait } from '../../ui/wait.tsx'
import type { PanelProps } from '../panel.ts'
import { PortRow } from './port-row.tsx'
import { PreviewFrame } from './preview-frame.tsx'

/** The servers that listen in the sandbox, and a look at one of them. */
export function PortsPanel({ session, calls }: PanelProps): JSX.Element {
  const sandbox = useSandbox(session, calls.sandbox)
  if (sandbox.running) return <Ports session={session} calls={calls} />
  return <NoSandbox lead={live.ports.asleep} sandbox={sandbox} />
}

/** The server says when a port opens, but not when one closes. */
const EVERY_MS = 4_000

function Ports({ session, calls }: PanelProps): JSX.Element {
  const queries = useQueryClient()
  const list = useQuery({
    queryKey: [session, 'previews'],
    queryFn: ({ signal }) => calls.previews(signal),
    refetchInterval: EVERY_MS,
  })
  const opened = useConversation(view => (view.status?.id === 'STATUS$PORT_OPEN' ? view.status : undefined))
  useEffect(() => {
    if (opened) queries.invalidateQueries({ queryKey: [session, 'previews'] }).catch(() => undefined) // it is asked again anyway
  }, [opened, queries, session])
  const [chosen, setChosen] = useState<Preview>()
  const problem = problemOf(list.error)
  if (!list.data)
    return problem === undefined ? (
      <Wait />
    ) : (
      <div className="p-3">
        <Notice tone="bad" alert>
          {problem}
        </Notice>
      </div>
    )
  if (list.data.length === 0) return <Empty icon="plug">{live.ports.empty}</Empty>
  const shown = list.data.find(({ url }) => url === chosen?.url)
  return (
    <div className="flex h-full flex-col">
      <ul
        aria-label={live.ports.list}
        className={`quiet-scroll shrink-0 divide-y divide-line border-b border-line ${shown ? 'max-h-40' : 'max-h-full'}`}
      >
        {list.data.map(preview => (
          <PortRow
            key={preview.url}
            preview={preview}
            isShown={preview === shown}
            onShow={show => setChosen(show ? preview : undefined)}
          />
        ))}
      </ul>
      {shown ? (
        <PreviewFrame key={shown.url} preview={shown} />
      ) : (
        <p className="p-3 text-xs text-muted">{live.ports.hint}</p>
      )}
    </div>
  )
}
