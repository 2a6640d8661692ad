import { undo } from './setup.mjs'

export default async function stopTestEngines() {
  for (const step of undo.splice(0).reverse()) await step()
}
