import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Expected, FileCalls, FileContent } from '../../api/files.ts'
import { problemOf } from '../../store/problem.ts'
import { type Draft, draftKey, draftOf, keepDraft, useDraft } from './drafts.ts'
import { type FileKind, kindOf, mostOf } from './file-kind.ts'
import { textOf } from './line-ends.ts'

/** A file that is open. */
export interface FileView {
  /** Undefined until it has been loaded; null where there is none. */
  readonly content: FileContent | null | undefined
  readonly kind: FileKind | undefined
  readonly problem: string | undefined
  readonly retry: () => void
  readonly draft: Draft | undefined
  /** The file is not what the draft was begun from. */
  readonly isStale: boolean
  readonly isSaving: boolean
  /** Why it was not saved; a conflict is none, as the draft is stale then. */
  readonly saveProblem: string | undefined
  /** Whether somebody has tried to save a stale draft. */
  readonly isRefused: boolean
  /** Saves the draft, if the file is as expected: by itself, as it was when the draft was begun. */
  readonly save: (expected?: Expected) => void
}

/** Loads a file, keeps what is typed, and saves it only over what it was begun from. */
export function useFile(session: string, calls: FileCalls, path: string): FileView {
  const queries = useQueryClient()
  const queryKey = [session, 'files', 'content', path]
  const key = draftKey(session, path)
  const draft = useDraft(key)
  const loaded = useQuery({
    queryKey,
    queryFn: async ({ signal }) => (await calls.read(path, mostOf(path), signal)) ?? null,
    gcTime: 60_000,
    refetchOnMount: 'always',
  })
  const content = loaded.data
  const kind = useMemo(() => (content ? kindOf(content.bytes, content.size) : undefined), [content])
  const saving = useMutation({
    mutationFn: async ({ doc, separator, base }: Draft) => {
      const text = textOf(doc, separator)
      const outcome = await calls.write(path, text, base)
      if (outcome.kind === 'conflict') {
        await queries.invalidateQueries({ queryKey })
        return outcome
      }
      const { version } = outcome
      const bytes = new TextEncoder().encode(text)
      queries.setQueryData(queryKey, { bytes, size: bytes.length, version } satisfies FileContent)
      const now = draftOf(key)
      // What was typed meanwhile goes on from what was saved.
      keepDraft(key, now && !now.doc.eq(doc) ? { ...now, base: { version } } : undefined)
      return outcome
    },
  })
  return {
    content,
    kind,
    problem: content === undefined ? problemOf(loaded.error) : undefined,
    retry: () => {
      loaded.refetch().catch(() => undefined) // shown as `problem`
    },
    draft,
    isStale: draft !== undefined && content !== undefined && !isAsExpected(content, draft.base),
    isSaving: saving.isPending,
    saveProblem: problemOf(saving.error),
    isRefused: saving.data?.kind === 'conflict',
    save: expected => {
      const now = draftOf(key)
      if (now && !saving.isPending) saving.mutate(expected === undefined ? now : { ...now, base: expected })
    },
  }
}

function isAsExpected(content: FileContent | null, expected: Expected): boolean {
  return expected === 'none' ? content === null : content?.version === expected.version
}
