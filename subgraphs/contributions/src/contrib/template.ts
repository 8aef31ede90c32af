import { stringify } from 'yaml';
import type { ContributionType } from '../model.ts';
import type { Kind } from './model.ts';
import { datedSlug } from './slug.ts';

/** What is known of a contribution when its file is made; what is missing stands there to be filled in. */
export interface Known {
  readonly title: string;
  readonly domain: string;
  /** `owner/repo` upstream. */
  readonly target: string;
  readonly repo?: string;
  readonly workstream?: string;
  readonly topic?: string;
  readonly package?: string;
  readonly supersedes?: string;
  readonly day: Date;
}

const SECTIONS: Readonly<Record<ContributionType, readonly (readonly [heading: string, hint: string])[]>> = {
  BR: [['Summary', 'What is wrong, in two sentences.'], ['Steps to reproduce', '1. The smallest way to see it.'], ['Expected', 'What should happen.'], ['Actual', 'What happens; messages word for word.'], ['Environment', 'Versions, system, settings that matter.'], ['Our workaround', 'What we do until it is mended, and what it costs.']],
  FR: [['Summary', 'What we want to be able to do, in two sentences.'], ['Why', 'Who needs it, and how often.'], ['Proposal', 'How it could look from outside.'], ['Alternatives', 'What we considered, and why it is not enough.'], ['Our part', 'What we offer to do ourselves.']],
  EP: [['Summary', 'Where something of ours wants to plug in, in two sentences.'], ['Interface', 'The hook, event or setting, and its contract.'], ['Why here', 'Why neither a fork nor a patch will do.'], ['Use', 'What we would plug in first.'], ['Compatibility', 'What must not change for others.']],
  UPR: [['Summary', 'What the pull request changes, in two sentences.'], ['Why', 'What it is good for upstream, not only for us.'], ['Change', 'Files and behaviour that change; what stays.'], ['Tests', 'How it is known to work.'], ['Pull request text', 'The text to send, as upstream\'s template wants it.']],
};

/** Where the file of a new contribution belongs below `contrib/`: the slug names it, but of an extension point, whose number only the hub gives. */
export function templatePath(kind: Kind, known: Known): string {
  const [org = '', repo = ''] = halves(known.target);
  const slug = datedSlug({ day: known.day, targetOrg: org, targetRepo: repo, title: known.title });
  return `${kind.folder}/${kind.type === 'EP' ? slug.split('--').slice(3).join('--') : slug}.md`;
}

/** The text of a new contribution's file: valid as it is, a draft. */
export function templateOf(kind: Kind, known: Known): string {
  const { day, title, domain, target, ...optional } = known;
  const front = { type: kind.word, title, domain, target, status: 'draft', ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)), created: day.toISOString().slice(0, 10) };
  const hints = [
    `# When it is sent: status: submitted, ${kind.link}: <link>, submitted: <day>`,
    '# When upstream answers: status: acknowledged, answer: <link>',
    kind.type === 'UPR' ? '# When it lands: status: merged, merge_commit: <hash or link> or release: <link>, resolved: <day>' : '# When it lands: status: merged, evidence: [<link to the merge commit or release>], resolved: <day>',
    '# Otherwise: status: rejected or withdrawn, reason: <why>; docs/contributions.md has the rest',
  ];
  const body = SECTIONS[kind.type].map(([heading, hint]) => `## ${heading}\n\n<!-- ${hint} -->\n`).join('\n');
  return `---\n${stringify(front, { lineWidth: 0 })}${hints.join('\n')}\n---\n\n# ${title}\n\n${body}`;
}

/** Owner and repo of a target; the owner may have groups. */
function halves(target: string): [string, string] {
  const cut = target.lastIndexOf('/');
  return [target.slice(0, cut), target.slice(cut + 1)];
}
