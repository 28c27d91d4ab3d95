import { Component, type JSX, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from './button.tsx'
import { Notice } from './notice.tsx'
import { PartGone } from './part.ts'

/** A part that fails takes nothing else with it; what helps is offered in its place. */
export class Fence extends Component<{ readonly children: ReactNode }, { readonly error: unknown }> {
  override state = { error: undefined as unknown }

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return <Failed gone={error instanceof PartGone} onRetry={() => this.setState({ error: undefined })} />
  }
}

/** What was loaded in vain stays so until the page is loaded anew; what failed otherwise may work at another try. */
function Failed({ gone, onRetry }: { gone: boolean; onRetry: () => void }): JSX.Element {
  return (
    <div className="mx-auto w-full max-w-xl p-4">
      <Notice tone="bad" alert>
        <p>{gone ? text.common.partGone : text.common.partFailed}</p>
        <div className="mt-2 flex flex-wrap items-center gap-2">
          {!gone && (
            <Button small onClick={onRetry}>
              {text.common.retry}
            </Button>
          )}
          <Button small icon="reload" onClick={() => location.reload()}>
            {text.common.reload}
          </Button>
          <span className="text-xs text-muted">{text.common.reloadKeeps}</span>
        </div>
      </Notice>
    </div>
  )
}
