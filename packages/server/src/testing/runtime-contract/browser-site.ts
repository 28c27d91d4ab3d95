/**
 * A small site as a program in Python, to be run inside a sandbox: it writes its port into the file `port` beside it.
 * Each page shows one thing that a browser has to cope with.
 */
export const siteProgram = `
import http.server, os, time, urllib.parse

pages = {
    '/': '<title>Start</title><nav>menu</nav><main><h1>Welcome</h1><p>Some <b>bold</b> text and <a href="next">a link</a>.</p>'
         '<p style="display:none">hidden words</p><script>var secret = "scripted words"</script>' + '<p>filler </p>' * 40 + '</main>',
    '/next': '<title>Next</title><p>second page',
    '/form': '<title>Form</title><form action=sent><label>Name <input name=name></label><label>Colour <select name=colour>'
             '<option value=r>red<option value=g>green</select></label><label><input type=checkbox name=box>Box</label>'
             '<label>Words <textarea name=words>old</textarea></label><button>Send</button></form>',
    '/mouse': '<title>Mouse</title><style>body{height:5000px}#tip{display:none}#over:hover+#tip{display:block}</style>'
              '<button id=over>over</button><p id=tip>a tip</p><button id=twice>twice</button>'
              '<button id=right>right</button><p id=out>nothing yet</p>'
              '<script>function say(t){out.textContent=t}twice.ondblclick=()=>say("double");'
              'right.oncontextmenu=e=>{e.preventDefault();say("menu "+e.shiftKey)};onscroll=()=>say("scrolled "+(scrollY>0))</script>',
    '/drag': '<title>Drag</title><button id=from draggable=true>thing</button><button id=to>place</button><p id=out>not dropped</p>'
             '<script>from.ondragstart=e=>e.dataTransfer.setData("text/plain","thing");to.ondragover=e=>e.preventDefault();'
             'to.ondrop=e=>{e.preventDefault();out.textContent="dropped "+e.dataTransfer.getData("text/plain")}</script>',
    '/upload': '<title>Upload</title><input type=file id=f aria-label=File><button id=b>choose</button><p id=out>no file</p>'
               '<script>f.onchange=async()=>{out.textContent=f.files[0].name+" holds "+await f.files[0].text()};b.onclick=()=>f.click()</script>',
    '/frame': '<title>Frame</title><p>around</p><iframe src=inner></iframe>',
    '/inner': '<button onclick="this.textContent=\\'pressed inside\\'">inside</button>',
    '/dialog': '<title>Dialog</title><button onclick="out.textContent=confirm(\\'Really?\\')">ask</button><p id=out>',
    '/tabs': '<title>Tabs</title><a href=next target=_blank>other tab</a><button onclick="window.open(\\'form\\')">window</button>',
    '/errors': '<title>Errors</title><p>shown<script>console.error("broken thing");undefinedFunction()</script>',
    '/hang': '<title>Hang</title><p>before<button onclick="for(;;);">hang</button>',
    '/hang-soon': '<title>Hang</title><p>before<script>setTimeout(()=>{for(;;);},50)</script>',
    '/hang-seen': '<title>Hang</title><button onclick="x=new XMLHttpRequest();x.open(\\'GET\\',\\'stuck\\',false);x.send();for(;;);">hang</button>',
    '/leave': '<title>Leave</title><a href=slow>slow</a><script>seen=1</script>',
    '/saved': '<title>Saved</title><a href=file.bin>save</a>',
    '/shadow': '<title>Shadow</title><div id=h></div><script>h.attachShadow({mode:"open"}).innerHTML="<button>in the shadow</button>"</script>',
    '/reach': '<title>Reach</title><p id=out>trying<script>Promise.all(["http://10.0.0.1/","http://169.254.169.254/","http://example.com/"]'
              '.map(u=>fetch(u,{mode:"no-cors"}).then(()=>"reached",()=>"closed"))).then(a=>out.textContent=a.join())</script>',
    '/german': '<title>Stra\\u00dfe</title><p>Gr\\u00fc\\u00dfe',
}

class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        path, _, query = self.path.partition('?')
        open('seen' + path.replace('/', '-'), 'w').close()
        if path == '/slow':
            time.sleep(600)
        if path == '/redirect':
            return self.answer(302, b'', [('location', '/next')])
        if path == '/around':
            return self.answer(302, b'', [('location', '/around')])
        if path == '/file.bin':
            return self.answer(200, b'saved bytes', [('content-type', 'application/octet-stream'), ('content-disposition', 'attachment; filename="../../got it.bin"')])
        if path == '/paper.pdf':
            return self.answer(200, b'%PDF-1.4', [('content-type', 'application/pdf')])
        if path == '/data':
            return self.answer(200, b'{"a": 1}', [('content-type', 'application/json')])
        if path == '/latin':
            return self.answer(200, '<p>Gr\\u00fc\\u00dfe'.encode('latin-1'), [('content-type', 'text/html; charset=iso-8859-1')])
        if path == '/endless':
            return self.answer(200, b'<p>word' * 3000000, [('content-type', 'text/html')])
        if path == '/huge':
            return self.page(200, '<title>Huge</title>' + ''.join('<p>line %d <a href="/l%d">link</a></p>' % (i, i) for i in range(20000)))
        if path == '/sent':
            return self.page(200, '<title>Sent</title><p>' + ' '.join('%s=%s' % pair for pair in urllib.parse.parse_qsl(query)))
        if path in pages:
            return self.page(200, pages[path])
        self.page(404, '<title>Gone</title><p>no such page here')

    def page(self, status, text):
        self.answer(status, text.encode(), [('content-type', 'text/html; charset=utf-8')])

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers + [('content-length', str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Site)
with open('port.new', 'w') as file:
    file.write(str(server.server_address[1]))
os.rename('port.new', 'port')
server.serve_forever()
`
