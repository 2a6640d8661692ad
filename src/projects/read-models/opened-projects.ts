import type { Vault } from '../../event-store/sealing/vault.js'
import type { ProjectSettings, ProjectWords, PromptRole } from '../project.js'
import type { ProjectFileDoc } from './project-files.js'
import type { ProjectPromptDoc } from './project-prompts.js'
import type { ProjectDoc } from './projects.js'

export interface ProjectSummary extends ProjectWords {
  id: string
  owner: string
  settings: ProjectSettings
  promptCount: number
  fileCount: number
  createdAt: Date
  updatedAt: Date
}

export interface ProjectPrompt {
  id: string
  role: PromptRole
  content: string
  createdAt: Date
}

export interface ProjectFile {
  id: string
  filename: string
  /** What its provider calls it; the id when no provider has a copy. */
  fileId: string
  size: number
  type: string
  uploadedAt: Date
}

/** What the read models keep sealed, for someone entitled. */
export async function openedProject(
  vault: Vault,
  { _id: id, ownerId: owner, ...doc }: ProjectDoc,
): Promise<ProjectSummary> {
  const { settings, promptCount, fileCount, createdAt, updatedAt } = doc
  const { name = '' } = await vault.openOrEmpty(doc.name)
  const { description = '' } = await vault.openOrEmpty(doc.description)
  return { id, name, description, owner, settings, promptCount, fileCount, createdAt, updatedAt }
}

export async function openedPrompt(vault: Vault, doc: ProjectPromptDoc): Promise<ProjectPrompt> {
  const { content = '' } = await vault.openOrEmpty(doc.content)
  return { id: doc._id, role: doc.role, content, createdAt: doc.createdAt }
}

export async function openedFile(
  vault: Vault,
  { _id: id, copy, size, uploadedAt, words }: ProjectFileDoc,
): Promise<ProjectFile> {
  const { filename = '', type = '' } = await vault.openOrEmpty(words)
  return { id, filename, fileId: copy?.id ?? id, size, type, uploadedAt }
}
