"""Grounded decoding: a trie over the clauses of the retrieved passages says which token may come next.

Inside a clause only its continuation may; at a clause boundary any clause not used yet may begin, or the answer
may end. So every clause of the answer is a clause of a passage, and which one is known exactly."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag_demo.prompt import clause_surfaces, encode_clause
from rag_demo.text import Clause, split_clauses
from rag_demo.types import Passage

MAX_CLAUSE_TOKENS = 96
MAX_ANSWER_CLAUSES = 3


@dataclass(frozen=True, slots=True)
class Source:
    """Where a clause stands: hits[hit].passage.text[clause.start:clause.end]."""

    hit: int
    clause: Clause


@dataclass(slots=True)
class _Node:
    """A trie node. clauses: the ids of the clauses that lie on or below it. ends: the clause that ends here."""

    children: dict[int, "_Node"] = field(default_factory=dict)
    clauses: set[int] = field(default_factory=set)
    ends: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The node reached, `depth` tokens into a clause, and the clauses quoted so far in order."""

    node: _Node
    depth: int = 0
    quoted: tuple[int, ...] = ()


class ClauseTrie:
    """The Constraint of grounded decoding (see decoding.Constraint)."""

    def __init__(self, tokenizer, passages: Sequence[Passage], eos: int, max_clauses: int = MAX_ANSWER_CLAUSES) -> None:
        self.tokenizer, self.eos, self.max_clauses = tokenizer, eos, max_clauses
        self.root = _Node()
        self.sources: list[list[Source]] = []  # of each clause id; a clause shared by passages has several
        for hit, passage in enumerate(passages):
            for clause in split_clauses(passage.text):
                tokens = encode_clause(tokenizer, clause.text)
                if 1 < len(tokens) <= MAX_CLAUSE_TOKENS and eos not in tokens:
                    self._add(tokens, Source(hit, clause))

    def _add(self, tokens: Sequence[int], source: Source) -> None:
        path = [self.root]
        for token in tokens:
            path.append(path[-1].children.setdefault(token, _Node()))
        if path[-1].ends is None:
            path[-1].ends = len(self.sources)
            self.sources.append([])
        self.sources[path[-1].ends].append(source)
        for node in path:
            node.clauses.add(path[-1].ends)

    def allowed(self, place: Place | None) -> list[int]:
        place = place or Place(self.root)
        quoted = set(place.quoted)
        tokens = [token for token, child in place.node.children.items() if child.clauses - quoted]
        if place.node is self.root:
            if len(quoted) >= self.max_clauses or not tokens:
                return [self.eos]
            if quoted:
                tokens.append(self.eos)
        return tokens

    def advance(self, place: Place | None, token: int) -> Place:
        place = place or Place(self.root)
        node = place.node.children[token]
        if node.ends is not None and node.ends not in place.quoted:
            return Place(self.root, 0, (*place.quoted, node.ends))
        return Place(node, place.depth + 1, place.quoted)

    @property
    def max_tokens(self) -> int:
        """Enough for every answer the trie allows, its end included."""
        return self.max_clauses * MAX_CLAUSE_TOKENS + 1

    def surfaces(self, place: Place | None) -> list[str]:
        """What each token so far adds to the answer; joined, it is verbatim the passages' text."""
        if place is None:
            return []
        found = [piece for clause in place.quoted for piece in self._pieces(clause)]
        if place.depth:
            growing = min(place.node.clauses - set(place.quoted))
            found += self._pieces(growing)[: place.depth]
        return found

    def _pieces(self, clause: int) -> tuple[str, ...]:
        return clause_surfaces(self.tokenizer, self.sources[clause][0].clause.text)
