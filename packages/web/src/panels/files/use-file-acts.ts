import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { FileCalls } from '../../api/files.ts'
import { problemOf } from '../../store/problem.ts'
import { fileText } from '../../text.ts'
import { draftKey, moveDrafts } from './drafts.ts'
import type { Asking } from './file-dialogs.tsx'

/** What can be done to the files of a workspace, and the question that stands before it is done. */
export interface FileActs {
  readonly asking: Asking | undefined
  readonly ask: (asking: Asking) => void
  readonly close: () => void
  readonly isPending: boolean
  /** Why it was not done. */
  readonly problem: string | undefined
  readonly makeFile: (path: string) => void
  readonly makeFolder: (path: string) => void
  readonly move: (from: string, to: string) => void
  readonly remove: (path: string) => void
}

/** Tells what has become of a path: another one, or none. */
export interface ActListener {
  onMade(path: string, isFolder: boolean): void
  onMoved(from: string, to: string): void
  onRemoved(path: string): void
}

/** Does what is asked for, closes the question where it has worked, and lists the workspace anew. */
export function useFileActs(session: string, calls: FileCalls, listener: ActListener): FileActs {
  const queries = useQueryClient()
  const [asking, setAsking] = useState<Asking>()
  const [isTaken, setTaken] = useState(false)
  const doing = useMutation({ mutationFn: (act: () => Promise<unknown>) => act() })
  const run = (act: () => Promise<unknown>, onDone: () => void): void => {
    setTaken(false)
    doing.mutate(act, {
      onSuccess: result => {
        if (result === 'taken') return setTaken(true)
        setAsking(undefined)
        onDone()
        queries.invalidateQueries({ queryKey: [session, 'files'] }).catch(() => undefined) // shown where it fails
      },
    })
  }
  const forget = (): void => {
    doing.reset()
    setTaken(false)
  }
  return {
    asking,
    ask: next => {
      forget()
      setAsking(next)
    },
    close: () => setAsking(undefined),
    isPending: doing.isPending,
    problem: isTaken ? fileText.files.exists : problemOf(doing.error),
    makeFile: path =>
      run(
        async () => ((await calls.write(path, '', 'none')).kind === 'conflict' ? 'taken' : undefined),
        () => listener.onMade(path, false),
      ),
    makeFolder: path =>
      run(
        () => calls.makeFolder(path),
        () => listener.onMade(path, true),
      ),
    move: (from, to) =>
      run(
        () => calls.move(from, to),
        () => {
          moveDrafts(draftKey(session, from), draftKey(session, to))
          listener.onMoved(from, to)
        },
      ),
    remove: path =>
      run(
        () => calls.remove(path),
        () => {
          moveDrafts(draftKey(session, path), undefined)
          listener.onRemoved(path)
        },
      ),
  }
}
