import { describe, expect, it } from 'vitest';
import type { SourceFile } from '../read-source.ts';
import { findFunctions } from './find-functions.ts';
import { maskSource } from './mask-source.ts';

function source(path: string, text: string): SourceFile {
  return { path, text, lines: text.split('\n'), bytes: text.length, tracked: null };
}

/** `name first-last` of every function. */
function functionsIn(path: string, text: string): string[] {
  const masked = maskSource(source(path, text));
  return masked === null ? [] : findFunctions(masked).map((found) => `${found.name} ${found.line}-${found.endLine}`);
}

describe('findFunctions', () => {
  it('finds the forms of TypeScript, with types that hold braces', () => {
    const text = `import x from 'y'
export async function plain(a: string, { b, c }: Options): Promise<void> {
  return
}
const arrow = async (a: number) => {
}
export const typed = <T,>(a: T): { x: T } => {
}
class Thing {
  constructor(private a: string) {
  }
  async method({ a }: { a: string }): Promise<{ b: string }> {
    if (a) { loop() }
    for (const x of y) { z() }
  }
  get value(): { deep: { x: number } } {
  }
  #secret = () => {
  }
}
list.map((item) => {
})
const value = { handler: function () {
} }
export default function () {
}
switch (a) { case 1: { break } }
`;
    expect(functionsIn('a.ts', text)).toEqual([
      'plain 2-4',
      'arrow 5-6',
      'typed 7-8',
      'constructor 10-11',
      'method 12-15',
      'value 16-17',
      '#secret 18-19',
      '(callback of list.map) 21-22',
      'handler 23-24',
      '(anonymous) 25-26',
    ]);
  });

  it('is not misled by braces in strings, comments, templates and regular expressions', () => {
    const text = `function tricky() {
  const a = "}"; // }
  /* } */ const b = \`}\${ f(\`}\`, { a: '}' }) }}\`
  const c = /[}\\/]}/.test(a) / 2 / 1
  return <p>Don't {a}</p>
}
function after() {
}`;
    expect(functionsIn('a.tsx', text)).toEqual(['tricky 1-6', 'after 7-8']);
  });

  it('measures Python by indentation, over strings and brackets that span lines', () => {
    const text = `class A:
    @cached
    async def long(
        self,
        x=(1, 2),
    ):
        text = """
not indented
"""
        return text

    def next(self): return 1

def top():
    def inner():
        pass
    return inner
x = 1
`;
    expect(functionsIn('a.py', text)).toEqual(['long 3-10', 'next 12-12', 'top 14-17', 'inner 15-16']);
  });

  it('knows Go, Rust, Java, C, C++, C#, Kotlin, PHP and Ruby', () => {
    expect(
      functionsIn('a.go', 'func (s *Server) Run(a interface{}) (int, error) {\n\tx := map[string]struct{}{}\n}\n'),
    ).toEqual(['Run 1-3']);
    expect(
      functionsIn(
        'a.rs',
        "impl<'a> A<'a> {\n  pub fn go<T: B>(&'a self) -> Result<(), E> {\n    let c = '{'; let r = r#\"}\"#;\n  }\n}",
      ),
    ).toEqual(['go 2-4']);
    expect(
      functionsIn(
        'A.java',
        'class A {\n  @Test(x = 1)\n  public void run(int a) throws X {\n    if (a > 1) { new B() { }; }\n  }\n  A() {\n  }\n}',
      ),
    ).toEqual(['run 3-5', 'A 6-7']);
    expect(
      functionsIn(
        'a.c',
        '#define X 1\nstatic int add(int a,\n               int b) {\n  while (a) { }\n}\nstruct s { int a; };',
      ),
    ).toEqual(['add 2-5']);
    expect(functionsIn('a.cpp', 'Foo::Foo(int a) : b(a), c{1} {\n}\nint Foo::get() const {\n}')).toEqual([
      'Foo::get 3-4',
    ]);
    expect(
      functionsIn('A.cs', 'namespace N { class A {\n  public async Task<int> Go(string s = "{") {\n  }\n} }'),
    ).toEqual(['Go 2-3']);
    expect(functionsIn('a.kt', 'fun <T> go(a: T): Int {\n  when (a) { else -> { } }\n}')).toEqual(['go 1-3']);
    expect(functionsIn('a.php', "<?php\nfunction go(array $a = ['{']): int {\n}")).toEqual(['go 2-3']);
    expect(functionsIn('a.rb', 'class A\n  def self.go(a)\n    if a\n    end\n  end\nend')).toEqual(['go 2-5']);
  });

  it('takes hostile input in time that grows with its size', () => {
    for (const text of [
      '{'.repeat(200_000),
      '([{'.repeat(60_000) + ')'.repeat(60_000),
      '`${'.repeat(60_000),
      '"'.repeat(200_001),
      '/*'.repeat(100_000),
    ]) {
      expect(functionsIn('a.ts', text)).toEqual([]);
    }
  });
});
