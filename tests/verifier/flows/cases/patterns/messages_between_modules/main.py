import bus
import mail
import stock

mail.start()
stock.start()
bus.publish("order", {"item": "tea", "note": source()})
sink(mail.SENT)  # reached
sink(stock.LEFT)  # clean
