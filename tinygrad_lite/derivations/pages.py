"""Derivations as pages: HTML with MathML, which needs no network, and LaTeX that compiles alone."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from tinygrad_lite.derivations.code import Code, CodeLine, code_of
from tinygrad_lite.derivations.step import Step
from tinygrad_lite.derivations.writing.reasons import Reason
from tinygrad_lite.notation.formula import Notation, Plus, latex
from tinygrad_lite.notation.styles import GREEK, TERM, MathML


@dataclass(frozen=True)
class Contents:
    """What a page shows of a derivation."""

    given: Sequence[tuple[Notation, Notation]]
    steps: Sequence[Step]
    lemmas: Mapping[Notation, Sequence[Step]]
    notes: Sequence[Reason]


_STYLE = """
body { font: 17px/1.55 Georgia, "Times New Roman", serif; color: #1b1b1f; background: #fdfdfb;
  max-width: 60rem; margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2.6rem 0 .4rem; }
table { display: grid; justify-content: start; align-items: center; gap: .5rem .55rem; margin: .5rem 0 1.1rem;
  grid-template-columns: max-content max-content fit-content(38rem) minmax(11rem, auto); }
tbody, tr { display: contents; } td { padding: 0; }
td.l { grid-column: 1; text-align: right; } td.r { padding: 0 1.1rem 0 1.2em; text-indent: -1.2em; }
math { font-size: 1.06em; text-indent: 0; }
td.why, summary, .note, .source { color: #55606e; font-size: .88rem; } .given td { color: #3c4450; }
.lemma { margin: .3rem 0 0 1.5rem; } summary { cursor: pointer; }
h3 { font-size: .95rem; font-weight: normal; margin: 1.2rem 0 .4rem; }
.code code { font: .8rem/1.5 ui-monospace, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
pre.code { white-space: pre-wrap; line-height: 1.3; margin: 0 0 0 1.5rem; } td .code { display: block; width: fit-content; }
a.code, .code a { color: #1a5493; text-decoration: none; } a.code:hover, .code a:hover { text-decoration: underline; }
:target { background: #fdf0b8; }
@media screen and (max-width: 52rem) { table { grid-template-columns: max-content max-content minmax(0, 1fr); }
  td.why { grid-column: 3; margin-top: -.3rem; padding-bottom: .3rem; } .lemma, pre.code { margin-left: 0; } }
@media screen and (max-width: 30rem) { body { font-size: 15px; padding: 0 .7rem; } td.r { padding-right: 0; }
  table { column-gap: .35rem; } math { font-size: .96em; } }
@media screen and (prefers-color-scheme: dark) { body { color: #e4e4e8; background: #17181c; }
  td.why, summary, .note, .source { color: #9aa4b2; } .given td { color: #c3c9d2; }
  a.code, .code a { color: #8ab8ec; } :target { background: #4d4413; } }
@media print { body { margin: 0; padding: 0; max-width: none; background: none; font-size: 10.5pt; }
  h1, h2, h3, summary, .given { break-after: avoid; } td, .given, .note, summary { break-inside: avoid; }
  details::details-content { content-visibility: visible; } summary { list-style: none; } }
"""
"""A narrow window stacks the reasons under the lines; print opens what is folded, and a heading stays with its lines."""


def html(parts: Sequence[tuple[str, Contents | str]], title: str = "", intro: str = "") -> str:
    """A page with derivations, or paragraphs of HTML, under their headings."""
    heading = title or "A derivation"
    body = ""
    for number, (name, part) in enumerate(parts, 1):
        inner = part if isinstance(part, str) else fragment(part, f"{number}.")
        body += f"<section><h2>{escape(name)}</h2>{inner}</section>\n"
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(heading)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(heading)}</h1>\n{intro}{body}</body>\n</html>\n"
    )


def fragment(contents: Contents, place: str = "") -> str:
    """One derivation as HTML, with NumPy code to which its lines link. place: what makes its anchors its own in a page."""
    given = equations(contents.given)
    code = code_of(contents.steps)
    links = {} if code is None else {line.step: _to_code(line, place) for line in code.lines}
    rows = "".join(_step(s, links.get(n, "")) for n, s in enumerate(contents.steps))
    lemmas = ""
    for name, steps in contents.lemmas.items():
        inner = "".join(_step(s) for s in steps)
        lemmas += (
            f'<details class="lemma"><summary>How {_inline(name)} is found</summary><table>{inner}</table></details>'
        )
    notes = "".join(f'<p class="note">{html_sentence(n)}</p>' for n in contents.notes)
    below = "" if code is None else _block(code, place)
    return f'<div class="derivation">{given}<table>{rows}</table>{lemmas}{notes}{below}</div>'


def _to_code(line: CodeLine, place: str) -> str:
    """The NumPy line of a step, as a link to its place in the block of code."""
    return (
        f'<a class="code" id="step-{place}{line.step}" href="#code-{place}{line.step}" title="In the code below">'
        f"<code>{escape(str(line))}</code></a>"
    )


def _block(code: Code, place: str) -> str:
    """All NumPy lines; each links to its step."""
    lines = [escape(str(line)) for line in code.sizes]
    lines += [
        f'<a id="code-{place}{line.step}" href="#step-{place}{line.step}" title="In the derivation above">'
        f"{escape(str(line))}</a>"
        for line in code.lines
    ]
    names = [f"<code>{escape(name)}</code>" for name in code.given]
    given = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    of = f", with {given} as above" if given else ""
    text = "\n".join(lines)
    return f'<h3>The same in NumPy{of}</h3><pre class="code"><code>{text}</code></pre>'


def equations(given: Sequence[tuple[Notation, Notation]]) -> str:
    """What is given as a table, an equation a row."""
    rows = "".join(_row(math_of(left), math_of(right), "") for left, right in given)
    return f'<table class="given">{rows}</table>'


def math_of(node: Notation) -> str:
    """A formula in display style; a sum is an element for each term, so that a browser may break the line there."""
    style = MathML()
    first, *others = node.terms if isinstance(node, Plus) else [(1, node)]
    pieces = [Plus((first,)).set(style) if isinstance(node, Plus) else node.set(style)]
    for sign, term in others:
        pieces.append(f'<mo form="infix">{"−" if sign < 0 else "+"}</mo>{term.within(style, TERM)}')
    return "<wbr/>".join(f'<math displaystyle="true"><mrow>{piece}</mrow></math>' for piece in pieces)


def _row(left: str, right: str, why: str) -> str:
    equals = '<math displaystyle="true"><mo>=</mo></math>'
    last = f'<td class="why">{why}</td>' if why else ""
    return f'<tr><td class="l">{left}</td><td>{equals}</td><td class="r">{right}</td>{last}</tr>'


def _step(step: Step, code: str = "") -> str:
    left = "" if step.continues else math_of(step.nodes[0])
    return _row(left, math_of(step.nodes[1]), html_sentence(step.said) + code)


_ESCAPED = {
    "_": r"\_", "^": r"\^{}", "{": r"\{", "}": r"\}", "#": r"\#", "%": r"\%", "&": r"\&", "$": r"\$",
    "~": r"\~{}", "\\": r"$\backslash$", ">": "$>$", "<": "$<$", "−": "$-$", "≠": r"$\neq$", "∂": r"$\partial$",
    "′": "$'$", "Σ": r"$\Sigma$", "·": r"$\cdot$", "≤": r"$\leq$", "≥": r"$\geq$",
    **{letter: rf"$\{name}$" for name, letter in GREEK.items()},
}  # fmt: skip


def tex_sentence(said: Reason) -> str:
    """A sentence as LaTeX text, its formulas as math.

    >>> from tinygrad_lite.notation.formula import named
    >>> tex_sentence(Reason("cancel", ("cancel ", named("a", ("i",)), " & go on")))
    'cancel $a_{i}$ \\\\& go on'
    """
    return said.set(tex_text, lambda formula: f"${' '.join(latex(formula).split())}$")


def html_sentence(said: Reason) -> str:
    """A sentence as HTML, its formulas as MathML."""
    return said.set(escape, _inline)


def _inline(formula: Notation) -> str:
    return f"<math>{formula.set(MathML())}</math>"


def tex_text(text: str) -> str:
    """Text for LaTeX: signs with a meaning there are escaped."""
    return "".join(_ESCAPED.get(c, c) for c in text)


def _ascii(document: str) -> str:
    """A document that pdflatex reads: letters that no font of its has lose their accents, or become their code."""
    return "".join(c if c.isascii() else _letter(c) for c in document)


def _letter(c: str) -> str:
    plain = "".join(x for x in unicodedata.normalize("NFKD", c) if x.isascii())
    return plain or rf"\mbox{{U+{ord(c):04X}}}"


def notebook(contents: Contents) -> str:
    """One derivation for a notebook: LaTeX, which reads the same whether the notebook is trusted or not.

    Jupyter strips MathML from the HTML of a notebook that is not trusted, and leaves its letters behind. It is one
    formula in a line of text, because a notebook centres what is displayed, and ends no paragraph after a formula.
    """
    blocks = [aligned_equations(contents.given), aligned(contents.steps)]
    blocks += [_paragraph(note) for note in contents.notes]
    rows = " \\\\[12pt]\n".join(blocks)
    return f"$\\displaystyle\n\\begin{{array}}{{l}}\n{rows}\n\\end{{array}}\n$"


def _paragraph(said: Reason, width: int = 110) -> str:
    """A sentence as lines of text in a formula; a formula of its own is not broken."""
    whole = said.set(tex_text, lambda formula: f"${' '.join(latex(formula).split())}$".replace(" ", "\0"))
    lines = textwrap.wrap(whole, width, break_long_words=False, break_on_hyphens=False)
    return " \\\\\n".join(f"\\text{{{line}}}" for line in lines).replace("\0", " ")


def aligned_equations(given: Sequence[tuple[Notation, Notation]]) -> str:
    """What is given as an `aligned` environment."""
    rows = " \\\\[4pt]\n".join(rf"{latex(left)} &= {latex(right, displayed=True)}" for left, right in given)
    return f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}"


def aligned(steps: Sequence[Step]) -> str:
    """The lines of a derivation as an `aligned` environment."""
    rows = []
    for step in steps:
        left = "" if step.continues else latex(step.nodes[0])
        rows.append(rf"{left} &= {latex(step.nodes[1], displayed=True)} && \text{{{tex_sentence(step.said)}}}")
    return "\\begin{aligned}\n" + " \\\\[4pt]\n".join(rows) + "\n\\end{aligned}"


_PREAMBLE = r"""\documentclass{article}
\usepackage{amsmath,graphicx}
\usepackage[margin=2cm]{geometry}
\allowdisplaybreaks
% A long formula is made smaller, a long reason takes several lines: nothing leaves the page.
\newsavebox\cell
\newcommand\fitted[2]{\sbox\cell{$\displaystyle #2$}%
  \ifdim\wd\cell>#1\textwidth \resizebox{#1\textwidth}{!}{\usebox\cell}\else\usebox\cell\fi}
\newcommand\why[1]{\sbox\cell{\footnotesize #1}%
  \ifdim\wd\cell>.4\textwidth \parbox{.4\textwidth}{\raggedright\footnotesize #1}\else\usebox\cell\fi}
"""


def tex(parts: Sequence[tuple[str, Contents]]) -> str:
    """A LaTeX document with derivations under their headings."""
    body = ""
    for name, contents in parts:
        body += f"\\section*{{{tex_text(name)}}}\n{tex_equations(contents.given)}"
        rows = []
        for step in contents.steps:
            left = "" if step.continues else latex(step.nodes[0])
            rows.append(
                rf"{left} &= \fitted{{.49}}{{{latex(step.nodes[1], displayed=True)}}} && \why{{{tex_sentence(step.said)}}}"
            )
        body += "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}\n"
        body += "".join(f"\\noindent {tex_sentence(note)}\n\n" for note in contents.notes)
    return tex_document(body)


def tex_equations(given: Sequence[tuple[Notation, Notation]]) -> str:
    """What is given, for a LaTeX document, an equation a line."""
    rows = " \\\\\n".join(
        rf"{latex(left)} &= \fitted{{.85}}{{{latex(right, displayed=True)}}}" for left, right in given
    )
    return f"\\begin{{align*}}\n{rows}\n\\end{{align*}}\n"


def tex_document(body: str) -> str:
    """A LaTeX document that compiles alone."""
    return f"{_PREAMBLE}\\begin{{document}}\n{_ascii(body)}\\end{{document}}\n"
