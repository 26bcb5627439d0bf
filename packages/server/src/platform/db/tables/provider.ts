// Rows of the schema `provider`.
export interface ProviderTables {
  'provider.providers': {
    id: string;
    name: string;
    kind: string;
    base_url: string | null;
    sealed_key: string | null;
    key_hint: string | null;
    built_in: boolean;
    enabled: boolean;
    models: unknown;
    created_at: Date;
    updated_at: Date;
  };
  'provider.usage': {
    day: string;
    provider: string;
    model: string;
    calls: number;
    unpriced_calls: number;
    input_tokens: number;
    output_tokens: number;
    cost_usd: number;
  };
}
