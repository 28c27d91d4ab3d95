import type { ModelTest, ModelTested } from '@openhands/protocol'
import { useEffect, useRef, useState } from 'react'
import { testModel } from '../../api/model-test.ts'
import { RequestError } from '../../api/request.ts'
import { text } from '../../text.ts'

/** How the last test of a model stands. */
export type Testing = 'none' | 'testing' | ModelTested | Error

/** Tests a model; a new test, `stop` and going away end the one before. `passed` is called when the model has answered. */
export function useModelTest(): readonly [
  testing: Testing,
  test: (asked: ModelTest, passed?: () => void) => void,
  stop: () => void,
] {
  const [testing, setTesting] = useState<Testing>('none')
  const running = useRef<AbortController>(undefined)
  const stop = (): void => {
    running.current?.abort()
    setTesting('none')
  }
  useEffect(() => () => running.current?.abort(), [])
  const test = (asked: ModelTest, passed?: () => void): void => {
    running.current?.abort()
    const mine = new AbortController()
    running.current = mine
    setTesting('testing')
    testModel(asked, mine.signal).then(
      tested => {
        if (mine.signal.aborted) return
        setTesting(tested)
        if (tested.ok) passed?.()
      },
      (error: unknown) => {
        if (mine.signal.aborted) return
        setTesting(error instanceof Error ? error : new RequestError(0, text.common.failed))
      },
    )
  }
  return [testing, test, stop]
}
