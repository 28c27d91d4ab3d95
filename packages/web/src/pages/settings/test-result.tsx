import type { JSX } from 'react'
import { settingsText } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { duration } from '../../ui/format.ts'
import { Notice } from '../../ui/notice.tsx'
import { FailureNotice } from './failure-notice.tsx'
import { inPageWords } from './page-words.ts'
import type { Testing } from './use-model-test.ts'

/** What came of the test of a model, with its remedy. */
export function TestResult({ testing, stop }: { testing: Testing; stop: () => void }): JSX.Element | null {
  if (testing === 'none') return null
  if (testing === 'testing')
    return (
      <Notice>
        <span role="status" className="flex flex-wrap items-center justify-between gap-2">
          <span className="breathing">{settingsText.test.testing}</span>
          <Button small onClick={stop}>
            {settingsText.test.stop}
          </Button>
        </span>
      </Notice>
    )
  if (testing instanceof Error) return <FailureNotice error={testing} />
  if (testing.ok)
    return (
      <Notice tone="good">
        <p role="status">{settingsText.test.ok(testing.model, duration(testing.milliseconds))}</p>
        {testing.notice && <p>{testing.notice}</p>}
      </Notice>
    )
  return (
    <Notice tone="bad" alert>
      <p className="break-words">{inPageWords(testing.message)}</p>
      <p className="mt-1 font-medium">{testing.remedy}</p>
    </Notice>
  )
}
