import { z } from 'zod'
import { defineEvents, type NewEventOf, type RecordedEventOf } from '../event-store/catalog.js'
import type { Aggregate } from '../event-store/deciding/aggregate.js'
import { Refused } from '../event-store/errors.js'

const project = { projectId: z.string(), ownerId: z.string() }
const role = z.enum(['system', 'user', 'assistant'])
const providerCopy = z.strictObject({ provider: z.string(), id: z.string() })
const settings = z.strictObject({ model: z.string(), temperature: z.number(), maxTokens: z.number().int() })

/** What happens to a project. Names and texts are personal; the model, sizes and counts are not. */
export const projectEvents = defineEvents({
  ProjectCreated: { data: { ...project, settings }, personal: { name: z.string(), description: z.string() } },
  ProjectChanged: {
    data: { ...project, fields: z.array(z.enum(['name', 'description'])), settings: settings.optional() },
    personal: { name: z.string().optional(), description: z.string().optional() },
  },
  ProjectPromptAdded: {
    data: { ...project, promptId: z.string(), role, length: z.number().int() },
    personal: { content: z.string() },
  },
  ProjectPromptRemoved: { data: { ...project, promptId: z.string() } },
  /** `contentId` names the stored bytes; a provider that keeps files has a copy of them. */
  ProjectFileAdded: {
    data: {
      ...project,
      fileId: z.string(),
      contentId: z.string(),
      size: z.number().int(),
      copy: providerCopy.optional(),
      /** Of the text that was read from it; missing when models are given none of it as text. */
      textLength: z.number().int().optional(),
    },
    personal: { filename: z.string(), type: z.string() },
  },
  ProjectFileRemoved: { data: { ...project, fileId: z.string() } },
  ProjectDeleted: { data: project },
  ProjectErased: { data: project },
})

export type ProjectEvents = typeof projectEvents
export type ProjectEvent = NewEventOf<ProjectEvents>
export type ProjectSettings = z.infer<typeof settings>
export type PromptRole = z.infer<typeof role>
/** The name of a file at a provider that keeps files. */
export type ProviderCopy = z.infer<typeof providerCopy>

export interface ProjectState {
  readonly status: 'none' | 'active' | 'deleted' | 'erased'
  readonly ownerId: string
  readonly settings: ProjectSettings
  /** The length of each. */
  readonly prompts: Readonly<Record<string, number>>
  /** The content id of each. */
  readonly files: Readonly<Record<string, string>>
}

export const projectAggregate: Aggregate<ProjectState, RecordedEventOf<ProjectEvents>> = {
  initial: {
    status: 'none',
    ownerId: '',
    settings: { model: '', temperature: 0.7, maxTokens: 1000 },
    prompts: {},
    files: {},
  },
  fold: 1,
  evolve(state, { type, data }) {
    switch (type) {
      case 'ProjectCreated':
        return { ...state, status: 'active', ownerId: data.ownerId, settings: data.settings }
      case 'ProjectChanged':
        return { ...state, settings: data.settings ?? state.settings }
      case 'ProjectPromptAdded':
        return { ...state, prompts: { ...state.prompts, [data.promptId]: data.length } }
      case 'ProjectPromptRemoved':
        return { ...state, prompts: without(state.prompts, data.promptId) }
      case 'ProjectFileAdded':
        return { ...state, files: { ...state.files, [data.fileId]: data.contentId } }
      case 'ProjectFileRemoved':
        return { ...state, files: without(state.files, data.fileId) }
      case 'ProjectDeleted':
        return { ...state, status: 'deleted' }
      case 'ProjectErased':
        return { ...state, status: 'erased', prompts: {}, files: {} }
    }
  },
}

function without<T>(all: Readonly<Record<string, T>>, id: string): Record<string, T> {
  const { [id]: _, ...others } = all
  return others
}

/** A project and the account that claims to own it. */
export interface OwnProject {
  readonly projectId: string
  readonly ownerId: string
}

export interface ProjectTexts {
  name: string
  description: string
}

export interface NewPrompt {
  promptId: string
  role: PromptRole
  content: string
}

export interface NewFile {
  fileId: string
  contentId: string
  size: number
  copy?: ProviderCopy
  textLength?: number
  filename: string
  type: string
}

const limits = { prompts: 200, promptCharacters: 400_000, files: 200 }

export const createProject =
  ({ projectId, ownerId }: OwnProject, texts: ProjectTexts, settings: ProjectSettings) =>
  ({ status }: ProjectState): ProjectEvent[] =>
    status === 'none' ? [{ type: 'ProjectCreated', data: { projectId, ownerId, settings }, personal: texts }] : []

export const changeProject = (
  { projectId, ownerId }: OwnProject,
  texts: Partial<ProjectTexts>,
  changes: Partial<ProjectSettings>,
) =>
  whileActive(ownerId, ({ settings: before }): ProjectEvent[] => {
    const settings = { ...before, ...changes }
    const differs = (Object.keys(settings) as (keyof ProjectSettings)[]).some((name) => settings[name] !== before[name])
    const fields = (['name', 'description'] as const).filter((name) => texts[name] !== undefined)
    if (!differs && fields.length === 0) return []
    return [
      { type: 'ProjectChanged', data: { projectId, ownerId, fields, ...(differs && { settings }) }, personal: texts },
    ]
  })

export const addPrompt = ({ projectId, ownerId }: OwnProject, { promptId, role, content }: NewPrompt) =>
  whileActive(ownerId, ({ prompts }): ProjectEvent[] => {
    const characters = Object.values(prompts).reduce((sum, length) => sum + length, content.length)
    if (Object.keys(prompts).length >= limits.prompts) throw limitReached(`at most ${limits.prompts} prompts`)
    if (characters > limits.promptCharacters)
      throw limitReached(`prompts of at most ${limits.promptCharacters} characters together`)
    return [
      {
        type: 'ProjectPromptAdded',
        data: { projectId, ownerId, promptId, role, length: content.length },
        personal: { content },
      },
    ]
  })

export const removePrompt = ({ projectId, ownerId }: OwnProject, promptId: string) =>
  whileActive(ownerId, ({ prompts }): ProjectEvent[] => {
    if (!Object.hasOwn(prompts, promptId)) throw noSuchPrompt()
    return [{ type: 'ProjectPromptRemoved', data: { projectId, ownerId, promptId } }]
  })

export const addFile = ({ projectId, ownerId }: OwnProject, { filename, type, ...file }: NewFile) =>
  whileActive(ownerId, (state): ProjectEvent[] => {
    mustHaveRoomForFile(state)
    return [{ type: 'ProjectFileAdded', data: { projectId, ownerId, ...file }, personal: { filename, type } }]
  })

export const removeFile = ({ projectId, ownerId }: OwnProject, fileId: string) =>
  whileActive(ownerId, ({ files }): ProjectEvent[] => {
    if (!Object.hasOwn(files, fileId)) throw noSuchFile()
    return [{ type: 'ProjectFileRemoved', data: { projectId, ownerId, fileId } }]
  })

/** `erase` makes the project unreadable for good, whether it was deleted before or not. */
export const deleteProject =
  ({ projectId, ownerId }: OwnProject, erase: boolean) =>
  ({ status, ...state }: ProjectState): ProjectEvent[] => {
    if (status === 'none' || state.ownerId !== ownerId) throw noSuchProject()
    if (status === 'erased') return []
    if (status === 'deleted' && !erase) throw noSuchProject()
    const deleted: ProjectEvent[] =
      status === 'active' ? [{ type: 'ProjectDeleted', data: { projectId, ownerId } }] : []
    const erased: ProjectEvent[] = erase ? [{ type: 'ProjectErased', data: { projectId, ownerId } }] : []
    return [...deleted, ...erased]
  }

/** Also called before the upload: nobody should send twenty megabytes to learn that there is no room for the file. */
export function mustHaveRoomForFile({ files }: ProjectState): void {
  if (Object.keys(files).length >= limits.files) throw limitReached(`at most ${limits.files} files`)
}

/** The same answer for a project of another account, one that was deleted and one that never was. */
export const noSuchProject = () => new Refused('not_found', 'Project not found')
export const noSuchPrompt = () => new Refused('not_found', 'there is no such prompt')
export const noSuchFile = () => new Refused('not_found', 'there is no such file')

const limitReached = (limit: string) => new Refused('invalid', `a project has ${limit}; remove something first`)

export function mustOwnActiveProject(state: ProjectState, ownerId: string): void {
  if (state.status !== 'active' || state.ownerId !== ownerId) throw noSuchProject()
}

function whileActive(ownerId: string, decide: (state: ProjectState) => ProjectEvent[]) {
  return (state: ProjectState): ProjectEvent[] => {
    mustOwnActiveProject(state, ownerId)
    return decide(state)
  }
}
