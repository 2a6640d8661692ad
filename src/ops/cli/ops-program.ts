import type { Program } from '../../cli/command-line.js'
import { erasuresRepeat } from './erasures-repeat.js'
import { keysRotate } from './keys-rotate.js'
import { logRequireMacs } from './log-require-macs.js'
import { projectionsCertificates } from './projection-certificates.js'
import { projectionsPause, projectionsResume, projectionsRetry, projectionsSkip } from './projection-control.js'
import { projectionsList, projectionsRebuild } from './projections.js'
import { repliesOpen, repliesReconcile } from './replies.js'
import { retentionRun } from './retention-run.js'
import { usersGrant } from './users-grant.js'

/** The commands of operators. */
export const ops: Program = {
  name: 'ops',
  commands: [
    retentionRun,
    erasuresRepeat,
    usersGrant,
    repliesOpen,
    repliesReconcile,
    keysRotate,
    logRequireMacs,
    projectionsList,
    projectionsRebuild,
    projectionsPause,
    projectionsResume,
    projectionsRetry,
    projectionsSkip,
    projectionsCertificates,
  ],
}
