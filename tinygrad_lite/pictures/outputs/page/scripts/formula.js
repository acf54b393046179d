// Formulas that a reader types: a small part of what tinygrad_lite/typed reads, by the same rules. What is read here
// means the same there; what may be read in two ways, or is not read here at all, is refused, and the message says how
// to write it. A test holds the two parsers equal.
page.formula = (() => {
  const LONGEST = 300; // characters
  const DEEPEST = 40; // brackets, and signs in a row
  const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const LOWERED = "₀₁₂₃₄₅₆₇₈₉";
  const SAME = { "−": "-", "–": "-", "∗": "*", "⊙": "*", "∘": "*", "÷": "/", "×": "·", "⋅": "·", "ᵀ": "⊤" };
  const TOKENS = new RegExp([
    "(?<number>(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)",
    "(?<name>(?:np\\.|numpy\\.|tg\\.)?[A-Za-zΑ-Ωα-ωϕϵ_][A-Za-zΑ-Ωα-ωϕϵ0-9_]*)",
    `⁽(?<layer>[${RAISED}]+)⁾`, `(?<low>[${LOWERED}]+)`, `(?<raised>⁻?[${RAISED}]+)`, "(?<prime>['′’]+)",
    "(?<sign>\\*\\*|[-+*/^().,=@−–∗⋅·×⊙∘÷∂⊤ᵀ])", "(?<space>\\s+)",
  ].join("|"), "uy");
  const DIFFERENTIAL = /^d[A-Za-zΑ-Ωα-ωϕϵ][0-9]*$/u;

  // A formula that is refused: what is said of it, and where in the text it is.
  class Refused extends Error {
    constructor(message, place = 0) {
      super(message);
      this.place = place;
    }
  }

  const digits = (text) => [...text].map((c) => (RAISED.includes(c) ? RAISED.indexOf(c) : LOWERED.includes(c) ? LOWERED.indexOf(c) : c)).join("").replace("⁻", "-");

  // The one spelling of a name: σ is sigma; w₁, w_1 and w⁽¹⁾ are w1; ∂C/∂σ is made of two such names.
  function canonical(name) {
    if (name.startsWith("∂") && name.includes("/∂")) return name.split("/").map((part) => `∂${canonical(part.slice(1))}`).join("/");
    const plain = digits(name).replace(/[⁽⁾]/g, "");
    const [, base, layer] = plain.match(/^([^\d_]+)[\^_]?(\d+)$/u) ?? [null, plain, ""];
    return (page.typed.greek[base] ?? base) + layer;
  }

  function scan(text) {
    const found = [];
    let spaced = false;
    TOKENS.lastIndex = 0;
    while (TOKENS.lastIndex < text.length) {
      const place = TOKENS.lastIndex;
      const match = TOKENS.exec(text);
      if (!match) throw new Refused(`“${String.fromCodePoint(text.codePointAt(place))}” is not read here; write + − * / ^, brackets, names and functions`, place);
      const [kind, value] = Object.entries(match.groups).find(([, part]) => part !== undefined);
      if (kind !== "space") found.push({ kind, text: kind === "sign" ? SAME[value] ?? value : value, place, spaced });
      spaced = kind === "space";
    }
    return [...found, { kind: "end", text: "", place: text.length, spaced }];
  }

  // Recursive descent, a function for each level of precedence. known: the names that are values.
  function read(text, known = new Set()) {
    if (text.length > LONGEST) throw new Refused(`a formula has at most ${LONGEST} characters here`);
    const tokens = scan(text);
    let at = 0;
    let depth = 0;
    let euler = null;
    const now = () => tokens[at];
    const ahead = (n) => tokens[Math.min(at + n, tokens.length - 1)];
    const isSign = (token, ...signs) => token.kind === "sign" && signs.includes(token.text);
    const take = (...signs) => (isSign(now(), ...signs) ? tokens[at++] : null);
    const isKnown = (name) => known.has(name) || known.has(canonical(name));
    const refuse = (message, token = now()) => { throw new Refused(message, token.place); };

    function deeper(make) {
      depth += 1;
      if (depth > DEEPEST) refuse("brackets nest too deep here");
      const made = make();
      depth -= 1;
      return made;
    }

    function unexpected() {
      const token = now();
      if (token.kind === "end") refuse("the formula ends where a value is expected");
      if (token.text === ")") refuse("this “)” has no “(” before it");
      refuse(token.kind === "sign" ? `a value is missing before “${token.text}”` : `“${text.slice(token.place, token.place + 1)}” has no meaning here`);
    }

    function close(opened) {
      if (take(")")) return;
      if (now().kind === "end") refuse("this “(” is never closed", opened);
      unexpected();
    }

    const begins = (token) => ["number", "name"].includes(token.kind) || isSign(token, "(", "∂");

    function sum() {
      let left = product();
      for (let token = take("+", "-"); token; token = take("+", "-")) left = { kind: "binary", sign: token.text, left, right: product() };
      return left;
    }

    function product() {
      let left = signed();
      for (let quotient = null; ;) {
        const token = take("*", "/", "·", "@");
        if (!token && !begins(now())) return left;
        if (!token) refuseBeside(left, quotient);
        left = { kind: "binary", sign: token ? token.text : "·", left, right: token ? signed() : power() };
        quotient = token?.text === "/" ? token : null;
      }
    }

    // A product without a sign, as on paper, is read where it can mean nothing else.
    function refuseBeside(left, quotient) {
      const token = now(), overNumber = quotient && [left.left, left.right].every((side) => side.kind === "number");
      if (token.kind === "number") refuse("a sign is missing before this: write * for a product");
      if (quotient && !(overNumber && token.spaced)) refuse("is this below the line? Write (a/b) c or a/(b c)");
    }

    function signed() {
      const signs = [];
      for (let token = take("-", "+"); token; token = take("-", "+")) signs.push(token);
      if (signs.length > DEEPEST) refuse("so many signs in a row");
      const inner = power();
      return signs.reduce((node, token) => (token.text === "-" ? { kind: "negative", inner: node } : node), inner);
    }

    const power = () => deeper(() => {
      const base = postfix();
      const token = take("**", "^");
      return token ? raise(base, token) : base;
    });

    function raise(base, sign) {
      const below = tokens[at - 2];
      const next = now();
      if (isSign(next, "(") && below.kind === "name" && sign.text === "^" && ahead(1).kind === "number" && isSign(ahead(2), ")")) {
        refuse(`is this a power or a layer? Write ${below.text}^${ahead(1).text} for the power, ${below.text}${ahead(1).text} for the layer`, sign);
      }
      if (sign.text === "^" && !known.has("T") && ["T", "⊤"].includes(next.text)) {
        if (below.kind === "name" && below.text === "e") refuse("write exp(…) for Euler’s number with a number above");
        at += 1;
        return { kind: "transpose", inner: base };
      }
      const exponent = signed();
      if (below.kind === "name" && below.text === "e") return exponential(exponent, sign);
      if (sign.text === "^" && next.kind === "name" && exponent.kind === "name" && ["L", "l"].includes(exponent.name)) refuse("is this a layer? Layers are numbers", sign);
      return { kind: "binary", sign: "**", left: base, right: exponent };
    }

    function exponential(exponent, sign) {
      if (!names(exponent).length) refuse("write exp(…) for Euler’s number with a number above, (e)^… for a value e", sign);
      euler = sign;
      return { kind: "call", name: "exp", primes: 0, argument: exponent };
    }

    function postfix() {
      let node = value();
      for (let token = now(); token.kind === "raised" || isSign(token, "⊤", "."); token = now()) {
        if (token.kind === "sign") {
          at += 1;
          if (token.text === "." && !(now().kind === "name" && now().text === "T")) refuse("behind a dot only T is read here: x.T", token);
          at += token.text === ".";
          node = { kind: "transpose", inner: node };
          continue;
        }
        const below = tokens[at - 1];
        if (below.kind === "name" && below.text === "e") refuse("write exp(…) for Euler’s number with a number above", token);
        at += 1;
        node = { kind: "binary", sign: "**", left: node, right: { kind: "number", value: Number(digits(token.text)) } };
      }
      return node;
    }

    function value() {
      const token = now();
      if (token.kind === "number") {
        at += 1;
        return number(token);
      }
      if (token.kind === "name") {
        at += 1;
        return named(token);
      }
      if (take("(")) {
        const inner = deeper(sum);
        close(token);
        return inner;
      }
      return take("∂") ? derivative(token) : unexpected();
    }

    function number(token) {
      const found = Number(token.text);
      if (!Number.isFinite(found)) refuse("the number is too large: floats end at 1.8e308", token);
      if (found === 0 && /[1-9]/.test(token.text.split(/[eE]/)[0])) refuse("the number is too small: below 4.9e-324 floats are 0", token);
      return { kind: "number", value: found, text: token.text };
    }

    function named(token) {
      const short = token.text.replace(/^(np|numpy|tg)\./, "");
      let primes = 0;
      while (ahead(primes).kind === "prime") primes += 1;
      const called = isSign(ahead(primes), "(") && !ahead(primes).spaced;
      if (isKnown(token.text) && !called) return word(token);
      if (short === token.text && isSign(now(), "/") && !now().spaced && !ahead(1).spaced && [token, ahead(1)].every(isDifferential)) {
        const below = ahead(1);
        at += 2;
        return { kind: "name", name: canonical(`∂${token.text.slice(1)}/∂${below.text.slice(1)}`), place: token.place };
      }
      const name = { ln: "log", sigma: "sigmoid" }[canonical(short)] ?? canonical(short);
      if (Object.hasOwn(page.typed.functions, name)) return call(token, name);
      if (short === "sum" && isSign(now(), "(")) return total();
      if (short !== token.text) refuse(`${token.text} is not read here`, token);
      const found = word(token);
      if (isSign(now(), "(") && !now().spaced && !(isKnown(token.text) && holdsProduct())) refuse(`${token.text} is not a function here: for a product write ${token.text} * (…)`, token);
      return found;
    }

    // Whether the brackets that open here hold a sum or a product, as in a(1 − a); y(x) may be meant as a function of x.
    function holdsProduct() {
      for (let steps = 0, depth = 0; ahead(steps).kind !== "end"; steps += 1) {
        depth += isSign(ahead(steps), "(") - isSign(ahead(steps), ")");
        if (!depth) return false;
        if (depth === 1 && isSign(ahead(steps), "+", "-", "*", "/", "·", "@", "**", "^")) return true;
      }
      return false;
    }

    const isDifferential = (token) => token.kind === "name" && DIFFERENTIAL.test(token.text) && !isKnown(token.text);

    function call(token, name) {
      let primes = 0;
      for (; now().kind === "prime"; at += 1) primes += now().text.length;
      if (!isSign(now(), "(")) refuse(`${token.text} is a function: write ${token.text}${"′".repeat(primes)}(…)`, token);
      if (primes >= page.typed.functions[name].places.length) refuse(`${token.text} with ${primes} primes is not read here: write the derivative out`, token);
      const opened = now();
      at += 1;
      const argument = deeper(sum);
      if (isSign(now(), ",")) refuse(`${token.text} takes one value here`);
      close(opened);
      return { kind: "call", name, primes, argument };
    }

    // sum(x), sum(x, axis=0): the axis is a whole number that is written out.
    function total() {
      const opened = now();
      at += 1;
      const argument = deeper(sum);
      let axis = null;
      if (take(",")) {
        if (now().text === "axis" && isSign(ahead(1), "=")) at += 2;
        if (now().kind !== "number" || !/^[0-9]+$/.test(now().text)) refuse("write the axis as a whole number: sum(x, axis=0)");
        axis = Number(now().text);
        at += 1;
      }
      close(opened);
      return { kind: "sum", argument, axis };
    }

    // A name with its layer: w₁, z⁽²⁾.
    function word(token) {
      let name = token.text;
      const layered = now();
      if (["layer", "low"].includes(layered.kind) && !layered.spaced) {
        name += digits(layered.text);
        at += 1;
      }
      const above = now().kind === "raised" ? digits(now().text) : isSign(now(), "^") && ahead(1).kind === "number" ? ahead(1).text : "";
      if (above && name === token.text && !isKnown(name) && known.has(canonical(name + above))) refuse(`is this a layer or a power? Write ${name}${above} for the layer`);
      if (["layer", "low"].includes(now().kind)) refuse("a name has one layer, as in z⁽²⁾");
      if (now().kind === "prime" && !now().spaced) refuse(`primes stand at functions, as in σ′(z); write ∂C/∂${name} for a gradient`);
      return { kind: "name", name: isKnown(token.text) && name === token.text && known.has(name) ? name : canonical(name), place: token.place };
    }

    function derivative(sign) {
      const wrong = "∂ stands in a derivative, such as ∂C/∂w";
      const part = () => {
        const token = now();
        if (token.kind !== "name") refuse(wrong, sign);
        at += 1;
        return word(token).name;
      };
      const above = part();
      if (!take("/") || !take("∂")) refuse(wrong, sign);
      const below = part();
      if (now().kind === "raised" || isSign(now(), "^", "**")) refuse("write (∂C/∂w)² for the power of a derivative");
      return { kind: "name", name: `∂${above}/∂${below}`, place: sign.place };
    }

    if (now().kind === "end") refuse("there is no formula yet");
    const tree = sum();
    if (now().kind !== "end") unexpected();
    const lone = names(tree).find(({ name }) => name === "e");
    if (euler && lone && !known.has("e")) throw new Refused("e has an exponent elsewhere and is Euler’s number there: write exp(1)", lone.place);
    return tree;
  }

  // The names of a tree, each time that they stand there.
  function names(node) {
    if (node.kind === "name") return [node];
    return [node.left, node.right, node.inner, node.argument].filter(Boolean).flatMap(names);
  }

  return { Refused, canonical, read, names };
})();
