import type { Conversation } from '@openhands/protocol'
import type { JSX, ReactNode } from 'react'
import { text, timelineText } from '../../text.ts'
import { dollars, short } from '../../ui/format.ts'
import { Gauge } from './gauge.tsx'
import type { ServerValues } from './server-values.ts'
import { type Budget, budgetOf, shareOf } from './usage.ts'

const words = timelineText.overview

interface UsageProps {
  readonly state: Conversation
  /** Undefined until the server has told. */
  readonly byServer: ServerValues | undefined
  /** Tokens that the model can read at once, where that is known. */
  readonly contextTokens: number | undefined
}

/** Cost against the budget, tokens, and how much of the log the model is shown. */
export function UsageMeters({ state, byServer, contextTokens }: UsageProps): JSX.Element {
  const { usage, steps, forgetBefore, viewSize } = state
  const cost = usage.costKnown ? dollars(usage.cost) : text.meters.costAtLeast(dollars(usage.cost))
  const cached = shareOf(usage.cacheReadTokens, usage.promptTokens)
  return (
    <ul className="flex flex-col gap-4">
      <Meter name={text.meters.cost} value={cost}>
        <BudgetLine budget={budgetOf(state, byServer?.budget)} known={byServer !== undefined} />
        {steps > 0 && usage.costKnown && (
          <p className="text-xs text-muted">
            {words.perStep}: {dollars(usage.cost / steps)}
          </p>
        )}
      </Meter>
      <Meter name={words.tokensIn} value={short(usage.promptTokens)}>
        {cached > 0 && (
          <>
            <Gauge share={cached} tone="accent" />
            <p className="text-xs text-muted">{words.cached(percent(cached))}</p>
          </>
        )}
      </Meter>
      <Meter name={words.tokensOut} value={short(usage.completionTokens)} />
      <Meter name={words.context} value={short(viewSize / CHARACTERS)}>
        <ContextLine size={viewSize} most={contextTokens} />
        {forgetBefore > 0 && (
          <p className="text-xs text-muted">{words.contextLeft(forgetBefore.toLocaleString('en'))}</p>
        )}
      </Meter>
    </ul>
  )
}

/** Characters that a token has, about; the server reckons with as many when it makes room. */
const CHARACTERS = 3

function Meter({ name, value, children }: { name: string; value: string; children?: ReactNode }): JSX.Element {
  return (
    <li>
      <div className="mb-1 flex items-baseline justify-between gap-4">
        <span className="text-muted">{name}</span>
        <span className="font-medium tabular-nums">{value}</span>
      </div>
      {children && <div className="flex flex-col gap-1">{children}</div>}
    </li>
  )
}

/** How much of what the model can read at once the history takes, where that is known. */
function ContextLine({ size, most }: { size: number; most: number | undefined }): JSX.Element {
  const tokens = size / CHARACTERS
  if (most === undefined) return <p className="text-xs text-muted">{words.contextNow(short(tokens))}</p>
  const share = shareOf(tokens, most)
  return (
    <>
      <Gauge share={share} tone={share >= 0.7 ? 'warn' : 'accent'} />
      <p className="text-xs text-muted">{words.contextOf(short(tokens), short(most), percent(share))}</p>
    </>
  )
}

function BudgetLine({ budget, known }: { budget: Budget | undefined; known: boolean }): JSX.Element | null {
  if (!budget && !known) return null
  if (!budget) return <p className="text-xs text-muted">{words.budgetNone}</p>
  const { used, limit, share } = budget
  const said = words.budgetUsed(percent(share))
  return (
    <>
      <Gauge share={share} tone={share >= 0.9 ? 'bad' : share >= 0.7 ? 'warn' : 'good'} />
      <p className="text-xs text-muted">
        {words.sinceAsked}: {dollars(used)} {text.meters.budget(dollars(limit))}. {said}.
      </p>
    </>
  )
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}
