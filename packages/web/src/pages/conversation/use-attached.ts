import { useEffect, useRef, useState } from 'react'
import type { FileCalls } from '../../api/files.ts'
import { problemOf } from '../../store/problem.ts'
import { text } from '../../text.ts'
import { anotherName } from '../../ui/another-name.ts'

/** Names that are tried for a file whose own is taken. */
const MOST_NAMES = 50

/** Files on their way into the workspace, because a message is about them. */
export interface Attached {
  /** The one that is being sent: its name, and how much of it has gone, from 0 to 1. */
  readonly sending: { readonly name: string; readonly part: number } | undefined
  readonly problem: string | undefined
  /** Sends files one after the other; `onSent` is called with the path of each that is there. */
  readonly add: (files: readonly File[]) => void
  readonly cancel: () => void
}

/** Puts files that a message is about into the workspace, each under its own name or, where that is taken, beside it. */
export function useAttached(upload: FileCalls['upload'], onSent: (path: string) => void): Attached {
  const [sending, setSending] = useState<Attached['sending']>()
  const [problem, setProblem] = useState<string>()
  const under = useRef<AbortController>(undefined)
  const queue = useRef<Promise<void>>(Promise.resolve())
  const sent = useRef(onSent)
  sent.current = onSent
  useEffect(() => () => under.current?.abort(), [])
  const sendOne = async (file: File, signal: AbortSignal): Promise<void> => {
    const onProgress = (done: number): void =>
      setSending({ name: file.name, part: file.size === 0 ? 1 : done / file.size })
    onProgress(0)
    for (let number = 1; number <= MOST_NAMES; number++) {
      const path = number === 1 ? file.name : anotherName(file.name, number)
      if ((await upload(path, file, false, { signal, onProgress })) === 'uploaded') return sent.current(path)
    }
    throw new Error(`every name like ${file.name} is taken`)
  }
  const sendAll = async (files: readonly File[]): Promise<void> => {
    const ending = new AbortController()
    under.current = ending
    for (const file of files) {
      try {
        if (!ending.signal.aborted) await sendOne(file, ending.signal)
      } catch (error) {
        if (!ending.signal.aborted) setProblem(text.composer.notAttached(file.name, problemOf(error) ?? ''))
      }
    }
    setSending(undefined)
  }
  return {
    sending,
    problem,
    add: files => {
      setProblem(undefined)
      queue.current = queue.current.then(() => sendAll(files))
    },
    cancel: () => under.current?.abort(),
  }
}
