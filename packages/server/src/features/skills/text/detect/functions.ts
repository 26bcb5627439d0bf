// Functions that have at least so many lines, longest first.
import { findFunctions } from '../find-functions.ts';
import type { Detector } from '../finding.ts';
import { isGenerated, isTest } from '../languages.ts';
import { maskSource } from '../mask-source.ts';

// A suite of tests is written as one callback; its length says nothing.
const SUITES =
  /^\(callback of (?:[\w$.]*\.)?(?:describe|suite|context|fdescribe|xdescribe|define|require)(?:\.\w+)*\)$/;

export const functionsDetector: Detector = {
  kind: 'functions',
  title: 'Long functions',
  inFile(source, options) {
    const masked = maskSource(source);
    if (masked === null || isGenerated(source.path, source.lines)) return [];
    const isTestFile = isTest(source.path);
    let reportedTo = 0;
    return findFunctions(masked).flatMap((found) => {
      const lines = found.endLine - found.line + 1;
      const isCallback = found.name.startsWith('(');
      if (lines < options.minLines || SUITES.test(found.name) || (isCallback && isTestFile)) return [];
      // A callback inside of a function that is told already says the same twice.
      if (isCallback && found.endLine <= reportedTo) return [];
      reportedTo = Math.max(reportedTo, found.endLine);
      const name = isCallback ? `function ${found.name}` : `function \`${found.name}\``;
      return [
        {
          kind: 'functions',
          path: source.path,
          line: found.line,
          message: `${name}, ${lines} lines (${found.line} to ${found.endLine})`,
          // Tests are long because they hold many cases.
          weight: lines / 1_000_000 + (lines >= 150 && !isTestFile ? 1 : 0) - (isTestFile ? 1 : 0),
          details: { name: found.name, lines, endLine: found.endLine },
        },
      ];
    });
  },
};
