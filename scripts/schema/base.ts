import { execFileSync } from 'node:child_process';

/**
 * The public API schema of the commit that this work starts from: where the branch left `main`, or on `main` itself the
 * commit before. Undefined where there is none: no git, a shallow clone, the first commit.
 */
export function baseApi(root: string, path: string): string | undefined {
  const git = (...args: string[]): string | undefined => {
    try {
      return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 64 * 1024 * 1024 });
    } catch {
      return undefined;
    }
  };
  const head = git('rev-parse', 'HEAD')?.trim();
  const fork = (git('merge-base', 'HEAD', 'origin/main') ?? git('merge-base', 'HEAD', 'main'))?.trim();
  const base = fork !== undefined && fork !== head ? fork : 'HEAD^';
  return git('show', `${base}:${path}`);
}
