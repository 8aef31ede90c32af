/** One shape of secret: what gives it away is a mark that its issuer puts there. */
export interface SecretRule {
  /** What it is, in words that may be said to anyone. */
  readonly kind: string;
  /** Matches wherever in a text it stands; linear, because every part is bounded by its own letters. */
  readonly pattern: RegExp;
  /** Who says that it looks like this: a rule of gitleaks 8 (MIT), or the issuer's own documentation or specification. */
  readonly source: string;
}

/** A mark at the beginning of a word, and what follows it. */
function marked(mark: string, rest: string): RegExp {
  return new RegExp(`(?<![A-Za-z0-9])(?:${mark})${rest}`);
}

/**
 * Shapes that are secrets beyond doubt. Lengths are the shortest that an issuer gives, not the exact ones: a cut or a
 * future token is refused too, and nothing harmless begins like this.
 */
export const SECRET_RULES: readonly SecretRule[] = [
  // Source hosting and delivery
  { kind: 'GitHub token', pattern: marked('gh[pousr]_', '[A-Za-z0-9]{20,}'), source: 'gitleaks github-pat, github-oauth, github-app-token, github-refresh-token' },
  { kind: 'GitHub token', pattern: marked('github_pat_', '\\w{22,}'), source: 'gitleaks github-fine-grained-pat' },
  { kind: 'GitLab token', pattern: marked('gl(?:pat|dt|rt|ptt|ft|imt|agent|oas|soat|cbt|ffct)-', '[\\w.-]{20,}'), source: 'gitleaks gitlab-pat and its siblings' },
  { kind: 'GitLab runner token', pattern: marked('GR1348941', '[\\w-]{20,}'), source: 'gitleaks gitlab-rrt' },
  { kind: 'GitLab session', pattern: /_gitlab_session=[0-9a-z]{32}/, source: 'gitleaks gitlab-session-cookie' },
  { kind: 'Bitbucket or Atlassian token', pattern: marked('AT(?:ATT3|CTT3|BB)', '[\\w=-]{20,}'), source: 'gitleaks atlassian-api-token; Bitbucket: app passwords' },
  { kind: 'Terraform Cloud token', pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{40,}/, source: 'gitleaks hashicorp-tf-api-token' },
  { kind: 'Vault token', pattern: marked('hv[sbr]\\.', '[\\w-]{24,}'), source: 'gitleaks vault-service-token, vault-batch-token' },
  { kind: 'Vault token', pattern: /(?<![\w.])s\.[A-Za-z0-9]{24}(?![A-Za-z0-9])/, source: 'gitleaks vault-service-token' },
  { kind: 'Pulumi token', pattern: marked('pul-', '[0-9a-f]{40}'), source: 'gitleaks pulumi-api-token' },
  { kind: 'Harness token', pattern: marked('[ps]at\\.', '[\\w-]{22}\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{20}'), source: 'gitleaks harness-api-key' },
  { kind: 'Octopus Deploy key', pattern: marked('API-', '[A-Z0-9]{26}(?![A-Za-z0-9])'), source: 'gitleaks octopus-deploy-api-key' },
  { kind: 'Sentry token', pattern: marked('sntry[su]_', '[\\w+/=]{40,}'), source: 'gitleaks sentry-org-token, sentry-user-token' },
  { kind: 'Grafana token', pattern: marked('gl(?:c|sa)_', '[\\w+/]{32,}'), source: 'gitleaks grafana-cloud-api-token, grafana-service-account-token' },
  { kind: 'Grafana key', pattern: marked('eyJrIjoi', '[A-Za-z0-9]{30,}'), source: 'gitleaks grafana-api-key' },
  { kind: 'Snyk or Sourcegraph token', pattern: marked('s(?:gp|nyk)_', '[\\w.]{16,}'), source: 'gitleaks sourcegraph-access-token; Snyk: API tokens' },
  { kind: 'SonarQube token', pattern: marked('sq[pua]_', '[0-9a-f]{40}'), source: 'gitleaks sonar-api-token' },
  { kind: 'Artifactory key', pattern: marked('AKCp|cmVmd', '[A-Za-z0-9]{50,}'), source: 'gitleaks artifactory-api-key, artifactory-reference-token' },

  // Package registries
  { kind: 'npm token', pattern: marked('npm_', '[A-Za-z0-9]{30,}'), source: 'gitleaks npm-access-token' },
  { kind: 'npm token', pattern: /_authToken\s?=\s?[\w-]{20,}/, source: 'npm: npmrc' },
  { kind: 'PyPI token', pattern: marked('pypi-', 'AgE[\\w-]{40,}'), source: 'gitleaks pypi-upload-token' },
  { kind: 'RubyGems key', pattern: marked('rubygems_', '[0-9a-f]{48}'), source: 'gitleaks rubygems-api-token' },
  { kind: 'Clojars token', pattern: /(?<![A-Za-z0-9])CLOJARS_[a-z0-9]{60}/i, source: 'gitleaks clojars-api-token' },
  { kind: 'crates.io token', pattern: marked('cio', '[A-Za-z0-9]{32}(?![A-Za-z0-9])'), source: 'crates.io: API token format' },
  { kind: 'NuGet key', pattern: marked('oy2', '[a-z0-9]{43}(?![A-Za-z0-9])'), source: 'NuGet: API keys' },
  { kind: 'Docker token', pattern: marked('dckr_(?:pat|oat)_', '[\\w-]{20,}'), source: 'Docker: personal and organization access tokens' },
  { kind: 'JFrog or Cloudsmith token', pattern: marked('jfrt_|ck_live_', '[\\w-]{20,}'), source: 'issuers\' documentation' },

  // Clouds
  { kind: 'AWS access key', pattern: marked('A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA', '[A-Z0-9]{16}(?![A-Za-z0-9])'), source: 'gitleaks aws-access-token' },
  { kind: 'AWS Bedrock key', pattern: marked('ABSK', '[A-Za-z0-9+/]{80,}'), source: 'gitleaks aws-amazon-bedrock-api-key-long-lived' },
  { kind: 'AWS session token', pattern: marked('IQoJb3JpZ2lu|FwoGZXIvYXdz', '[A-Za-z0-9+/]{30,}'), source: 'AWS STS: security tokens' },
  { kind: 'AWS signature', pattern: /X-Amz-(?:Signature|Credential|Security-Token)=[\w%/+-]{16,}/i, source: 'AWS: Signature Version 4 in query parameters' },
  { kind: 'Google API key', pattern: marked('AIza', '[\\w-]{35}'), source: 'gitleaks gcp-api-key' },
  { kind: 'Google OAuth secret', pattern: marked('GOCSPX-', '[\\w-]{20,}'), source: 'Google: OAuth 2.0 client secrets' },
  { kind: 'Google access token', pattern: marked('ya29\\.', '[\\w.-]{20,}'), source: 'Google: OAuth 2.0 access tokens' },
  { kind: 'Google refresh token', pattern: marked('1//0', '[\\w-]{30,}'), source: 'Google: OAuth 2.0 refresh tokens' },
  { kind: 'Google service account key', pattern: /"type"\s?:\s?"service_account"/, source: 'Google: service account key files' },
  { kind: 'Azure client secret', pattern: /(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}/, source: 'gitleaks azure-ad-client-secret' },
  { kind: 'Azure storage key', pattern: /AccountKey=[A-Za-z0-9+/]{40,}/i, source: 'Azure Storage: connection strings' },
  { kind: 'Azure shared access key', pattern: /SharedAccessKey=[A-Za-z0-9+/]{20,}/i, source: 'Azure Service Bus: connection strings' },
  { kind: 'Azure shared access signature', pattern: /[?&]sig=[\w%+/-]{20,}/i, source: 'Azure Storage: SAS' },
  { kind: 'Azure DevOps token', pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}/, source: 'Azure DevOps: personal access tokens' },
  { kind: 'Alibaba access key', pattern: marked('LTAI', '[A-Za-z0-9]{12,}'), source: 'gitleaks alibaba-access-key-id' },
  { kind: 'DigitalOcean token', pattern: marked('do[opr]_v1_', '[0-9a-f]{40,}'), source: 'gitleaks digitalocean-pat and its siblings' },
  { kind: 'Cloudflare CA key', pattern: marked('v1\\.0-', '[0-9a-f]{24}-[0-9a-f]{40,}'), source: 'gitleaks cloudflare-origin-ca-key' },
  { kind: 'Heroku key', pattern: marked('HRKU-', '[\\w-]{30,}'), source: 'gitleaks heroku-api-key-v2' },
  { kind: 'Fly.io token', pattern: marked('fo1_|fm[12][ar]?_', '[\\w+/-]{40,}'), source: 'gitleaks flyio-access-token' },
  { kind: 'Scalingo or Render key', pattern: marked('tk-us-|rnd_', '[\\w-]{24,}'), source: 'gitleaks scalingo-api-token; Render: API keys' },
  { kind: 'Yandex key', pattern: marked('AQVN|YCAJE', '[\\w-]{20,}'), source: 'gitleaks yandex-api-key, yandex-aws-access-token' },
  { kind: 'OpenShift token', pattern: marked('sha256~', '[\\w-]{40,}'), source: 'gitleaks openshift-user-token' },
  { kind: 'Databricks token', pattern: marked('dapi', '[0-9a-f]{32}'), source: 'gitleaks databricks-api-token' },
  { kind: 'ClickHouse key', pattern: marked('4b1d', '[A-Za-z0-9]{38}(?![A-Za-z0-9])'), source: 'gitleaks clickhouse-cloud-api-secret-key' },
  { kind: 'PlanetScale token', pattern: marked('pscale_(?:tkn|pw|oauth)_', '[\\w.=-]{20,}'), source: 'gitleaks planetscale-api-token, planetscale-password' },
  { kind: 'Supabase or Neon key', pattern: marked('sbp_|sb_secret_|napi_', '[\\w-]{20,}'), source: 'issuers\' documentation' },
  { kind: 'Dynatrace token', pattern: marked('dt0[a-z]\\d{2}\\.', '[A-Z0-9]{24}\\.[A-Za-z0-9]{24,}'), source: 'gitleaks dynatrace-api-token' },
  { kind: 'New Relic key', pattern: marked('NRA[KJ]-|NRII-|NRJS-|NRAA-', '[\\w-]{19,}'), source: 'gitleaks new-relic-user-api-key and its siblings' },
  { kind: 'Doppler token', pattern: marked('dp\\.(?:pt|st|ct|sa|scim|audit)\\.', '[\\w.-]{20,}'), source: 'gitleaks doppler-api-token' },
  { kind: 'Infracost key', pattern: marked('ico-', '[A-Za-z0-9]{32}'), source: 'gitleaks infracost-api-token' },

  // Messages, mail, payment, work
  { kind: 'Slack token', pattern: marked('xox[a-z]-|xoxe\\.xox[bp]-', '[A-Za-z0-9-]{10,}'), source: 'gitleaks slack-bot-token and its siblings' },
  { kind: 'Slack token', pattern: marked('xapp-', '\\d-[A-Z0-9]+-\\d+-[a-z0-9]{10,}'), source: 'gitleaks slack-app-token' },
  { kind: 'Slack webhook', pattern: /hooks\.slack\.com\/(?:services|workflows|triggers)\/[\w+/]{20,}/, source: 'gitleaks slack-webhook-url' },
  { kind: 'Teams webhook', pattern: /\.webhook\.office\.com\/webhookb2\/[\w@-]{36,}/, source: 'gitleaks microsoft-teams-webhook' },
  { kind: 'Discord webhook', pattern: /discord(?:app)?\.com\/api\/webhooks\/\d{10,}\/[\w-]{20,}/, source: 'Discord: webhooks' },
  { kind: 'Discord bot token', pattern: /(?<![\w.-])[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}/, source: 'Discord: bot tokens' },
  { kind: 'Telegram bot token', pattern: /(?<![A-Za-z0-9])\d{5,16}:A[\w-]{34}(?![\w-])/, source: 'gitleaks telegram-bot-api-token' },
  { kind: 'Twilio key', pattern: marked('SK', '[0-9a-fA-F]{32}(?![A-Za-z0-9])'), source: 'gitleaks twilio-api-key' },
  { kind: 'SendGrid key', pattern: marked('SG\\.', '[\\w-]{16,}\\.[\\w-]{16,}'), source: 'gitleaks sendgrid-api-token' },
  { kind: 'Mailgun key', pattern: marked('key-', '[0-9a-f]{32}(?![A-Za-z0-9])'), source: 'gitleaks mailgun-private-api-token' },
  { kind: 'Mailchimp key', pattern: /(?<![A-Za-z0-9])[0-9a-f]{32}-us\d{1,2}(?![A-Za-z0-9])/, source: 'gitleaks mailchimp-api-key' },
  { kind: 'Brevo key', pattern: marked('x(?:key|smtp)sib-', '[0-9a-f]{40,}'), source: 'gitleaks sendinblue-api-token' },
  { kind: 'Postman key', pattern: marked('PMAK-', '[0-9a-f]{24}-[0-9a-f]{34}'), source: 'gitleaks postman-api-token' },
  { kind: 'Stripe key', pattern: marked('(?:sk|rk)_(?:test|live|prod)_|whsec_', '[A-Za-z0-9+/=]{10,}'), source: 'gitleaks stripe-access-token; Stripe: webhook signing secrets' },
  { kind: 'Square token', pattern: marked('EAAA|sq0(?:atp|csp)-', '[\\w-]{22,}'), source: 'gitleaks square-access-token' },
  { kind: 'PayPal or Braintree token', pattern: marked('access_token\\$(?:production|sandbox)\\$', '[\\w$]{20,}'), source: 'Braintree: access tokens' },
  { kind: 'Shopify token', pattern: marked('shp(?:at|ca|pa|ss)_', '[0-9a-fA-F]{32}'), source: 'gitleaks shopify-access-token and its siblings' },
  { kind: 'Facebook token', pattern: marked('EAA[A-Z]', '[A-Za-z0-9]{60,}'), source: 'gitleaks facebook-page-access-token' },
  { kind: 'Notion token', pattern: marked('ntn_|secret_', '[A-Za-z0-9]{40,}'), source: 'gitleaks notion-api-token' },
  { kind: 'Linear key', pattern: marked('lin_(?:api|oauth)_', '[A-Za-z0-9]{32,}'), source: 'gitleaks linear-api-key' },
  { kind: 'Airtable token', pattern: marked('pat', '[A-Za-z0-9]{14}\\.[0-9a-f]{64}'), source: 'gitleaks airtable-personnal-access-token' },
  { kind: 'Asana token', pattern: /(?<![A-Za-z0-9/])[12]\/\d{10,}(?:\/\d{10,})?:[0-9a-f]{32}/, source: 'Asana: personal access tokens' },
  { kind: 'PagerDuty key', pattern: marked('u\\+|pdus\\+', '[\\w-]{18,}'), source: 'PagerDuty: API access keys' },
  { kind: 'Figma token', pattern: marked('figd_|figo_', '[\\w-]{20,}'), source: 'Figma: personal access tokens' },
  { kind: '1Password secret', pattern: marked('A3-', '[A-Z0-9]{6}-[A-Z0-9-]{11,13}-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}'), source: 'gitleaks 1password-secret-key' },
  { kind: '1Password token', pattern: marked('ops_eyJ', '[A-Za-z0-9+/=_-]{40,}'), source: 'gitleaks 1password-service-account-token' },
  { kind: 'Tailscale key', pattern: marked('tskey-', '[a-z]+-[\\w-]{10,}'), source: 'Tailscale: key prefixes' },
  { kind: 'Contentful, Prefect, ReadMe or Typeform token', pattern: marked('CFPAT-|pnu_|rdme_|tfp_', '[\\w=.-]{30,}'), source: 'gitleaks prefect-api-token, readme-api-token, typeform-api-token; Contentful: personal access tokens' },

  // Models
  { kind: 'OpenAI key', pattern: marked('sk-(?:proj|svcacct|admin|None)-', '[\\w-]{20,}'), source: 'gitleaks openai-api-key' },
  { kind: 'OpenAI key', pattern: marked('sk-', '[A-Za-z0-9]{32,}'), source: 'gitleaks openai-api-key; OpenAI-compatible services' },
  { kind: 'Anthropic key', pattern: marked('sk-ant-', '[\\w-]{20,}'), source: 'gitleaks anthropic-api-key, anthropic-admin-api-key' },
  { kind: 'OpenRouter key', pattern: marked('sk-or-', '[\\w-]{20,}'), source: 'OpenRouter: API keys' },
  { kind: 'Hugging Face token', pattern: marked('hf_|api_org_', '[A-Za-z0-9]{30,}'), source: 'gitleaks huggingface-access-token, huggingface-organization-api-token' },
  { kind: 'model service key', pattern: marked('pplx-|gsk_|xai-|r8_|co_|tgp_v1_|fw_|nvapi-|jina_|ls(?:v2_)?(?:pt|sk)_', '[\\w-]{32,}'), source: 'gitleaks perplexity-api-key; issuers\' documentation' },

  // Standards
  { kind: 'JSON web token', pattern: marked('ey[A-Z]', '[\\w-]{8,}\\.ey[A-Z][\\w-]{4,}(?:\\.[\\w-]*)?'), source: 'RFC 7519; gitleaks jwt' },
  { kind: 'encrypted JSON web token', pattern: marked('eyJ', '[\\w-]{10,}\\.[\\w-]*\\.[\\w-]{4,}\\.[\\w-]{4,}\\.[\\w-]{4,}'), source: 'RFC 7516' },
  { kind: 'private key', pattern: /-{5}BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-{5}/, source: 'RFC 7468; OpenSSH; RFC 9580' },
  { kind: 'private key', pattern: marked('b3BlbnNzaC1rZXktdjE', '[A-Za-z0-9+/]{10,}'), source: 'OpenSSH: PROTOCOL.key' },
  { kind: 'private key', pattern: /PuTTY-User-Key-File-\d/, source: 'PuTTY: private key files' },
  { kind: 'private key', pattern: marked('MII[A-Z]', '[A-Za-z0-9+/]{40,}'), source: 'RFC 5208 (DER in base64, which certificates share)' },
  { kind: 'private key in JSON', pattern: /"d"\s?:\s?"[\w-]{20,}"/, source: 'RFC 7517' },
  { kind: 'age key', pattern: marked('AGE-(?:SECRET-KEY|PLUGIN-[A-Z0-9]+)-', '[A-Z0-9-]{20,}'), source: 'gitleaks age-secret-key' },
  { kind: 'WireGuard key', pattern: /PrivateKey\s?=\s?[A-Za-z0-9+/]{42,43}=/, source: 'WireGuard: wg(8)' },
  { kind: 'NATS seed', pattern: marked('S[ACNOUX]', '[A-Z2-7]{56}(?![A-Z0-9])'), source: 'NATS: nkeys' },
  { kind: 'NATS credentials', pattern: /BEGIN (?:NATS USER JWT|USER NKEY SEED)/, source: 'NATS: credentials files' },
  { kind: 'extended private key', pattern: marked('[xyz]prv', '[1-9A-HJ-NP-Za-km-z]{50,}'), source: 'BIP 32' },
  { kind: 'password hash', pattern: /\$(?:2[aby]\$\d\d|argon2(?:id|i|d)\$v=\d+|[156](?:\$rounds=\d+)?|y\$[\w./]+)\$[\w./+,=$]{8,}/, source: 'crypt(5); PHC string format' },
  { kind: 'SCRAM verifier', pattern: /SCRAM-SHA-256\$\d+:/, source: 'RFC 5803' },
  { kind: 'basic credentials', pattern: /(?<![A-Za-z0-9])Basic\s{1,3}[A-Za-z0-9+/]{6,}={0,2}(?![\w-])(?<=[A-Z0-9+/=][A-Za-z0-9+/=]{0,7})/, source: 'RFC 7617' },
  { kind: 'bearer token', pattern: /(?<![A-Za-z0-9])Bearer\s{1,3}[\w~+/.-]{16,}=*/i, source: 'RFC 6750' },
  { kind: 'authorization header', pattern: /(?<![A-Za-z0-9])(?:Proxy-)?Authorization\s?[:=]\s?"?[\w-]+\s+[\w~+/.=-]{6,}/i, source: 'RFC 9110' },
  { kind: 'cookie', pattern: /(?<![A-Za-z0-9])(?:Set-)?Cookie\s?:\s?[\w.-]+=[^\s;]{6,}/i, source: 'RFC 6265' },
  { kind: 'credentials in a URL', pattern: /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#@:]{0,300}:[^\s/?#@]{1,300}@/i, source: 'RFC 3986' },
  { kind: 'password of a connection string', pattern: /(?:^|[;\s"'?&])(?:password|pwd)\s?=\s?[^\s;"'&]{3,}/i, source: 'ADO.NET and libpq connection strings' },
  { kind: '.netrc entry', pattern: /(?<![A-Za-z0-9])machine\s{1,9}\S{1,300}\s{1,9}login\s{1,9}\S{1,300}\s{1,9}password\s{1,9}\S/i, source: 'netrc(5)' },
  { kind: 'Kubernetes secret', pattern: /kind:\s*Secret\b/, source: 'Kubernetes: manifests; gitleaks kubernetes-secret-yaml' },
  { kind: 'one-time password seed', pattern: /otpauth:\/\/[^\s]*secret=/i, source: 'Key URI format' },
];
