import { type JSX, useState } from 'react'
import { startTask } from '../../api/start-task.ts'
import { go } from '../../store/route.ts'
import { examples, text } from '../../text.ts'
import { Button } from '../../ui/button.tsx'

/** Starts the first example, which the recorded demonstration answers where no model is set up. */
export function DemoButton(): JSX.Element {
  const [state, setState] = useState<'ready' | 'starting' | 'failed'>('ready')
  const demonstrate = (): void => {
    setState('starting')
    startTask({ text: examples[0]?.task ?? '', images: [] }).then(
      id => go({ page: 'conversation', id, event: undefined }),
      () => setState('failed'),
    )
  }
  return (
    <>
      <Button icon="play" disabled={state === 'starting'} onClick={demonstrate}>
        {text.setup.demo}
      </Button>
      {state === 'failed' && (
        <span role="alert" className="text-sm text-bad">
          {text.common.failed}
        </span>
      )}
    </>
  )
}
