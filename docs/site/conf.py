# SPDX-License-Identifier: GPL-2.0-only
"""
Sphinx's configuration for make docs: scripts/docs/build makes the folder that it reads.

The pages are the repository's own Markdown files, so their links go to files and folders of the
repository. A link to a page stays; one to a header or to a folder of examples goes to the page that
is made of it; one to another file becomes a download; one to another folder becomes plain text.
"""
import os
import re

project = 'bpfmmap'
author = 'The bpfmmap authors'
version = release = os.environ['BPFMMAP_VERSION']
copyright = '2026 ' + author
extensions = ['myst_parser']
root_doc = 'index'
exclude_patterns = ['man/*.html']
myst_heading_anchors = 4
# A page of the repository may skip a level, and a table may have a cell that Pygments can't read.
suppress_warnings = ['myst.header']
html_theme = 'furo'
html_title = f'bpfmmap {release}'
html_static_path = ['_static']
html_css_files = ['site.css']
html_copy_source = False
html_show_search_summary = False
html_show_sphinx = False
pygments_style = 'default'
pygments_dark_style = 'monokai'
highlight_language = 'none'

# What of the repository has a page of its own.
PAGES = {
    'README.md': 'index.md',
    'include/uapi/linux/bpfmmap.h': 'reference/uapi.rst',
    'include/linux/bpfmmap.h': 'reference/kernel.rst',
    'include/bpfmmap.h': 'reference/library.rst',
    'include/bpfmmap.bpf.h': 'reference/bpf.rst',
    'examples': 'examples/index.md',
    'examples/bpf': 'examples/bpf.md',
    'examples/kernel': 'examples/kernel.md',
    'bindings': 'bindings/README.md',
    'bindings/python': 'bindings/python/README.md',
    'bindings/rust': 'bindings/rust/README.md',
    'bindings/go': 'bindings/go/README.md',
}
LINK = re.compile(r'(!?)\[([^][]*(?:\[[^][]*\][^][]*)?)\]\(([^)#\s:]+)(#[^)\s]*)?\)')


def page_of(path):
    """The page that is made of a file or folder of the repository, or the file itself."""
    folder, name = os.path.split(path)
    if folder in ('lib/man', 'tools/man'):
        return f'man/{name}.rst', ''
    if folder in ('examples', 'examples/bpf', 'examples/kernel') and path not in PAGES:
        return PAGES[folder], '#' + name.replace('.', '')
    return PAGES.get(path, path), ''


def new_link(app, folder, match):
    """The link in the page, of a link in the repository."""
    image, text, path, anchor = match.groups()
    path = os.path.normpath(os.path.join(folder, path))
    target, part = page_of(path)
    place = os.path.join(app.srcdir, target)
    if os.path.isdir(place) or not os.path.exists(place):
        if not os.path.exists(os.path.join(os.environ['BPFMMAP_TOP'], path)):
            raise ValueError(f'a link leads to {path}, which does not exist')
        return text
    return f"{image}[{text}]({os.path.relpath(target, folder or '.')}{anchor or part})"


def on_source_read(app, name, source):
    if app.env.doc2path(name).endswith('.md'):
        folder = os.path.dirname(name)
        # a block of code stays as it is
        parts = re.split(r'(^```.*?^```$)', source[0], flags=re.M | re.S)
        source[0] = ''.join(part if part.startswith('```') else
                            LINK.sub(lambda match: new_link(app, folder, match), part)
                            for part in parts)


def on_page(app, name, template, context, doctree):
    """Leave out a script of the theme's, which Debian ships as a module that a page can't load. Without it
    the page is dark or light as the system is, and has no button for that."""
    context['script_files'] = [file for file in context['script_files'] if 'furo.js' not in str(file)]


def setup(app):
    app.connect('source-read', on_source_read)
    app.connect('html-page-context', on_page, priority=900)
