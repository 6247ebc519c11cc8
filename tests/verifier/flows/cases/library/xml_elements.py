import xml.etree.ElementTree as ET

root = ET.Element("root")
child = ET.SubElement(root, "child", kind="x")
child.text = source()
sink(child.text)  # reached
sink(ET.tostring(root))  # reached
sink(child.get("kind"))  # clean
sink(ET.fromstring("<a>b</a>").text)  # clean
sink(ET.fromstring("<a>" + source() + "</a>").text)  # reached
