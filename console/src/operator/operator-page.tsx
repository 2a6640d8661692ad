import type { PageProps } from '../ui/lazy.js'

export const OperatorPage = ({ title }: PageProps) => (
  <div class="page">
    <h1>{title}</h1>
  </div>
)
