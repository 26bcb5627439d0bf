// The skill `http`: reading web addresses.
import type { Skill } from '../skill.ts';
import { httpGet } from './get-address.ts';

export const httpSkill: Skill = {
  name: 'http',
  title: 'Web',
  description: 'Fetch web pages and API answers by their address. Private networks are refused.',
  tools: [httpGet],
};
