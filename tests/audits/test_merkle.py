"""The tree beside a second one, which is RFC 6962's own words and nothing else: slow, plain, made for this file."""

import hashlib
from random import Random

import pytest

from audits.merkle import EMPTY, Tree, inclusion_path, leaf_hash, root_of_path

# Of Certificate Transparency's own tests:
# https://github.com/google/certificate-transparency/blob/master/cpp/merkletree/merkle_tree_test.cc
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def mth(data: list[bytes]) -> bytes:
    """MTH(D[n]) of https://www.rfc-editor.org/rfc/rfc6962#section-2.1"""
    if not data:
        return hashlib.sha256().digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = _split(len(data))
    return hashlib.sha256(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


def path(m: int, data: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of https://www.rfc-editor.org/rfc/rfc6962#section-2.1.1"""
    if len(data) == 1:
        return []
    k = _split(len(data))
    if m < k:
        return [*path(m, data[:k]), mth(data[k:])]
    return [*path(m - k, data[k:]), mth(data[:k])]


def _split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def rows(count: int, seed: int = 0) -> list[bytes]:
    dice = Random(seed)
    return [dice.randbytes(dice.randrange(40)) for _ in range(count)]


def grown(data: list[bytes]) -> Tree:
    tree = Tree()
    tree.extend(map(leaf_hash, data))
    return tree


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    data = [bytes.fromhex(one) for one in INPUTS[:size]]
    assert grown(data).root().hex() == mth(data).hex() == ROOTS[size - 1]


def test_every_size_has_the_root_that_the_second_tree_has() -> None:
    data, tree = rows(300), Tree()
    assert tree.root() == EMPTY == mth([])
    for size, row in enumerate(data, start=1):
        tree.add(leaf_hash(row))
        assert (tree.size, tree.root()) == (size, mth(data[:size]))


def test_a_tree_goes_on_from_its_peaks() -> None:
    data = rows(5_000)
    for stop in (0, 1, 7, 1000, 1024, 4095, 4999):
        tree = grown(data[:stop])
        again = Tree(tree.size, tree.peaks)
        again.extend(map(leaf_hash, data[stop:]))
        assert again.root() == mth(data)


def test_every_row_of_every_size_has_the_path_that_the_second_tree_has_and_it_leads_to_the_root() -> None:
    data = rows(70)
    leaves = [leaf_hash(row) for row in data]
    for size in range(1, len(data) + 1):
        root = mth(data[:size])
        for index in range(size):
            found = inclusion_path(leaves[:size], index)
            assert found == path(index, data[:size])
            assert root_of_path(leaves[index], index, size, found) == root


def test_a_path_proves_nothing_else() -> None:
    data = rows(50)
    leaves = [leaf_hash(row) for row in data]
    for size in (1, 2, 3, 8, 21, 50):
        root = mth(data[:size])
        for index in range(size):
            right = inclusion_path(leaves[:size], index)
            other_rows = [one for one in range(-2, size + 2) if one != index]
            assert all(root_of_path(leaves[index], one, size, right) != root for one in other_rows)
            assert root_of_path(leaf_hash(b"forged"), index, size, right) != root
            for wrong in ([*right, root], right[1:], right[::-1], [*right[:-1], b"\0" * 32]):
                assert wrong == right or root_of_path(leaves[index], index, size, wrong) != root


def test_an_inner_node_is_no_leaf() -> None:
    data = rows(2)
    inner = b"".join(map(leaf_hash, data))
    assert grown([inner]).root() != mth(data)
